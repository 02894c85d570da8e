import { type Command, InvalidArgumentError } from 'commander'
import { CHECKED_CLIENTS, type CheckedClient } from '../be/check/finding.ts'
import { EXIT } from '../errors/sysexits.ts'
import { visible } from '../errors/visible.ts'
import { type CheckResult, check as checkBe } from '../verbs/plans/check.ts'
import { ExitStatus } from './exit-status.ts'
import { type Common, common, out, say, table, withAppliance } from './session.ts'

export const check = (be: Command): Command =>
  be
    .command('check <be>')
    .description('what would stop a boot environment from booting; exit 1 if anything does')
    .option('--as <clients>', `who shall boot it: ${CHECKED_CLIENTS.join(', ')}`, clients, [])
    .action((name: string, { as }: { as: CheckedClient[] }, command: Command) =>
      withAppliance(command, async appliance => {
        const result = await checkBe(appliance, name, as)
        show(result, common(command))
        if (!result.ok) throw new ExitStatus(EXIT.failed)
      }),
    )

function show({ be, clients, ok, findings }: CheckResult, { json, scripted }: Common): void {
  if (json) out(JSON.stringify({ be, clients, ok, findings }, null, 2))
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
      const whom = stops.length > 0 ? `stops ${stops.join(', ')}` : 'remark'
      out(visible(`${whom}: ${message}; ${hint} [${code}]`))
    }
    say(`${be} ${ok ? 'can' : 'cannot'} boot by ${clients.join(', ')}`)
  }
}

function clients(text: string): CheckedClient[] {
  const names = text.split(',').filter(part => part !== '')
  const wrong = names.find(name => !CHECKED_CLIENTS.some(known => known === name))
  if (wrong === undefined && names.length > 0) return names as CheckedClient[]
  throw new InvalidArgumentError(`expected some of ${CHECKED_CLIENTS.join(', ')}`)
}
