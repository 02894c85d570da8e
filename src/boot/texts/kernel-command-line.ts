import { BeError } from '../../errors/errors.ts'
import type { PlanInput } from '../plan-input.ts'
import { callBackVariables } from '../variables/call-back.ts'
import { identityVariables } from '../variables/loader-variables.ts'

/** The program that starts a Linux kernel with this command line. */
export interface KernelStarter {
  /** Addresses, or what the program replaces by them. Absent: the kernel asks by DHCP. */
  network?: { ip: string; gateway: string; netmask: string }
  /** MAC with dashes, of the interface that was booted from. */
  mac?: string
  /** Whether it passes a text on unchanged, but for the number of blanks between words. */
  passes(text: string): boolean
  /** What it passes on, for a message. */
  takes: string
}

/**
 * The command line of a Linux kernel with its root on NFS (Documentation/admin-guide/nfs/nfsroot.rst). The NFS options
 * are limited to those that initramfs-tools' nfsmount knows too, which has no proto=tcp. Throws BE_ROOT_PATH,
 * BE_CMDLINE.
 */
export function kernelCommandLine(input: PlanInput, starter: KernelStarter): string {
  const { root, machine, readOnly, cmdline, callback } = input
  const { network, mac } = starter
  const host = machine?.host ?? machine?.name ?? ''
  return [
    'root=/dev/nfs',
    `nfsroot=${root!.server}:${nfsrootPath(root!.path)},vers=3,tcp,nolock`,
    network === undefined
      ? 'ip=dhcp'
      : `ip=${network.ip}::${network.gateway}:${network.netmask}:${host}::none`,
    ...(mac === undefined ? [] : [`BOOTIF=01-${mac}`]),
    readOnly ? 'ro' : 'rw',
    ...[...identityVariables(input), ...callBackVariables(callback)].map(pair => pair.join('=')),
    ...(cmdline === '' ? [] : [checkedCmdline(cmdline, starter)]),
  ].join(' ')
}

/**
 * The kernel ends the path at a comma and replaces `%` with the host name (fs/nfs/nfsroot.c), scripts of an
 * initial RAM disk split it at blanks, and there is no way of quoting that all of them understand.
 */
function nfsrootPath(path: string): string {
  if (/^[\w./:@+=~-]+$/.test(path)) return path
  throw new BeError('BE_ROOT_PATH', `${path} on the command line of a Linux kernel`, {
    expected: 'letters, digits and . / : @ + = ~ _ -',
    hint: 'set be.root to another directory',
  })
}

function checkedCmdline(cmdline: string, { passes, takes }: KernelStarter): string {
  if (passes(cmdline)) return cmdline
  throw new BeError('BE_CMDLINE', `kernel command line ${JSON.stringify(cmdline)}`, {
    expected: takes,
    hint: 'change boot.cmdline, or boot/cmdline in the boot environment',
  })
}

/** The machine's MAC and network, as far as they are known. */
export const knownNetwork = ({ client, lab }: PlanInput): Pick<KernelStarter, 'network' | 'mac'> => ({
  ...(client.ip !== undefined && {
    network: { ip: client.ip, gateway: lab.router ?? '', netmask: lab.netmask },
  }),
  ...(client.mac !== '' && { mac: client.mac.replaceAll(':', '-') }),
})

/** cmdline.txt of a Raspberry Pi: its firmware passes the one line on as it is. Throws BE_ROOT_PATH, BE_CMDLINE. */
export const piCommandLine = (input: PlanInput): string =>
  `${kernelCommandLine(input, { ...knownNetwork(input), passes: isPrintable, takes: 'one line of printable ASCII characters' })}\n`

const isPrintable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
