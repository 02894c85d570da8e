import { nfsLine } from '../be/system/fstab.ts'
import { BeError } from '../errors/errors.ts'
import { shellWord } from '../host/shell-word.ts'
import { loaderConf } from './environment.ts'
import type { PlanInput } from './plan.ts'
import { ipxeScript, kernelVariables } from './texts.ts'

/** Texts that start a boot environment, to paste or to pipe: `be emit KIND BE`. */
export const LAUNCH_TEXTS: Record<string, (input: PlanInput) => string> = {
  'loader-env': input => loaderConf(kernelVariables(input)),
  fstab,
  ipxe: ipxeScript,
  grub: grubConfig,
}

/** The root's line for the boot environment's own etc/fstab. */
function fstab({ be, root, readOnly, nfsOptions }: PlanInput): string {
  const kind = be!.kind === 'linux' ? 'linux' : 'freebsd'
  return `${nfsLine({ kind, server: root!.server, readOnly, nfsOptions }, root!.path, '/')}\n`
}

/** GRUB: `kfreebsd` stands in for the loader; under UEFI it also needs kFreeBSD.acpi.rsdp. */
function grubConfig(input: PlanInput): string {
  const { be, lab } = input
  const base = `(http,${lab.server}:${lab.httpPort})/be/${be!.name}`
  const title = `menuentry '${be!.name}' {`
  if (be!.kind === 'linux') {
    throw new BeError('BE_EMIT_KIND', `no GRUB text for ${be!.name}, which is Linux`, {
      expected: 'a FreeBSD boot environment',
      hint: `be emit ipxe ${be!.name}`,
      exit: 'usage',
    })
  }
  known(input)
  const lines = [
    `kfreebsd ${base}/${be!.boots.kernel ?? 'boot/kernel/kernel'}`,
    `kfreebsd_loadenv ${base}/boot/device.hints`,
    ...kernelVariables(input).map(([name, value]) => `set kFreeBSD.${name}=${quote(value)}`),
  ]
  return `${title}\n${lines.map(line => `  ${line}\n`).join('')}}\n`
}

/** MAC and address of the machine; a text without them would end at the kernel's silent mountroot prompt. */
export function known({ client, machine, be }: PlanInput): { mac: string; ip: string } {
  if (machine !== undefined && client.ip !== undefined) return { mac: client.mac, ip: client.ip }
  throw new BeError(
    'BE_MACHINE_ADDRESS',
    machine === undefined ? 'no machine named' : `${machine.name} has no address yet`,
    {
      expected: 'a machine with an address: the kernel takes MAC and address from this text',
      hint:
        machine === undefined
          ? `add --machine NAME (be emit … ${be!.name} --machine NAME)`
          : 'give it one: be machine add --ip, or let it boot once',
      exit: 'usage',
    },
  )
}

/** A word of sh(1), which GRUB reads alike. */
export const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word))
