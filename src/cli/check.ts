import { type Command, InvalidArgumentError } from 'commander'
import { CHECKED_CLIENTS, type CheckedClient } from '../be/check/finding.ts'
import { EXIT } from '../errors/sysexits.ts'
import { visible } from '../errors/visible.ts'
import { type CheckResult, checkEnvironment } from '../verbs/plans/check.ts'
import { type Common, common } from './support/common.ts'
import { ExitStatus } from './support/exit-status.ts'
import { withLab } from './support/lab.ts'
import { out, outJson, say } from './support/print.ts'
import { table } from './support/table.ts'

export const check = (be: Command): Command =>
  be
    .command('check <be>')
    .description('what would stop a boot environment from booting; exit 1 if anything does')
    .option('--as <clients>', `who shall boot it: ${CHECKED_CLIENTS.join(', ')}`, clients, [])
    .action((name: string, { as }: { as: CheckedClient[] }, command: Command) =>
      withLab(command, async lab => {
        const result = await checkEnvironment(lab, { name, clients: as })
        show(result, common(command))
        if (!result.ok) throw new ExitStatus(EXIT.failed)
      }),
    )

function show({ be, clients, can, cannot, ok, findings }: CheckResult, { json, scripted }: Common): void {
  if (json) outJson({ be, clients, can, cannot, ok, findings })
  else if (scripted) {
    const rows = findings.map(({ code, stops, message, hint }) => [
      code,
      stops.join(',') || '-',
      message,
      hint,
    ])
    out(table(rows, [], scripted))
  } else {
    for (const { code, stops, message, hint } of findings) {
      const kind = stops.length > 0 ? `stops ${stops.join(', ')}` : 'remark'
      out(visible(`${kind}: ${message}; ${hint} [${code}]`))
    }
    const parts = [
      ...(can.length > 0 ? [`can boot by ${can.join(', ')}`] : []),
      ...(cannot.length > 0 ? [`cannot boot by ${cannot.join(', ')}`] : []),
    ]
    say(`${be} ${parts.join(', ')}`)
  }
}

function clients(text: string): CheckedClient[] {
  const names = text.split(',').filter(part => part !== '')
  const wrong = names.find(name => !CHECKED_CLIENTS.some(known => known === name))
  if (wrong === undefined && names.length > 0) return names as CheckedClient[]
  throw new InvalidArgumentError(`expected some of ${CHECKED_CLIENTS.join(', ')}`)
}
