import { BeError } from '../errors/errors.ts'
import { callBackVariables } from './call-back.ts'
import {
  isLoaderArgument,
  loaderArgument,
  loaderConf,
  netifVariables,
  nfsrootVariables,
  type Variable,
} from './environment.ts'
import { chooseHandoff } from './handoff.ts'
import { isIpxeText, urlPath } from './ipxe-text.ts'
import { bePath, identity, loaderFile, loaderVariables } from './parts.ts'
import type { PlanInput } from './plan.ts'

/**
 * The iPXE script that starts the boot environment: a Linux kernel with its root on the command line,
 * or FreeBSD's loader.efi with its network and root as arguments, so that it does no DHCP of its own
 * (stand/common/dev_net.c, stand/efi/loader/main.c). iPXE fills in what it knows of the interface. Throws
 * BE_VARIABLE, BE_ROOT_PATH or BE_CMDLINE where something cannot be written so that it arrives as it is.
 */
export function ipxeScript(input: PlanInput): string {
  const { be, machine } = input
  const lines = input.be!.kind === 'linux' ? linuxLines(input) : freebsdLines(input)
  const head = `#!ipxe\n# ${be!.name}${machine === undefined ? '' : ` for ${machine.name}`}\n`
  return `${head}${lines.join('\n')}\nboot\n`
}

function freebsdLines(given: PlanInput): string[] {
  const { lab, be } = given
  const byNfs: Variable = ['rootpath', `${given.root!.server}:${given.root!.path}`]
  const byTftp: Variable = ['rootpath', `tftp://${lab.server}${bePath(be!.name, '')}`]
  // A path that cannot be an argument need not be one: by TFTP the loader is told the handle instead.
  const udp = given.root!.udp && isLoaderArgument(byNfs)
  const input = { ...given, root: { ...given.root!, udp } }
  const variables: Variable[] = [
    ['gatewayip', lab.router ?? lab.server],
    ['serverip', lab.server],
    udp ? byNfs : byTftp,
    ...loaderVariables(input, 'arguments'),
    ...callBackVariables(input.callback),
  ]
  const loader = loaderFile({ ...input, client: { ...input.client, firmware: 'uefi' } })
  // All four addresses must be there, or the loader asks by DHCP after all.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own settings
  const own = 'ipaddr=${netX/ip} netmask=${netX/netmask}'
  const args = variables.map(loaderArgument).join(' ')
  return [`kernel tftp://${lab.server}${bePath(be!.name, loader)} loader.efi ${own} ${args}`]
}

function linuxLines(input: PlanInput): string[] {
  const { lab, be } = input
  const base = `http://${lab.server}:${lab.httpPort}`
  const { vmlinuz, initrd } = be!.boots
  const lines = [
    `kernel ${base}${urlPath(bePath(be!.name, vmlinuz!))} ${initrd === undefined ? '' : 'initrd=initrd.img '}${linuxArguments(input)}`,
  ]
  if (initrd !== undefined) lines.push(`initrd --name initrd.img ${base}${urlPath(bePath(be!.name, initrd))}`)
  return lines
}

/**
 * The kernel's command line for a root on NFS (Documentation/admin-guide/nfs/nfsroot.rst). The options are also those
 * of initramfs-tools' nfsmount, which does not know proto=tcp.
 */
function linuxArguments({ be, root, machine, readOnly, cmdline, callback }: PlanInput): string {
  const host = machine?.host ?? machine?.name ?? ''
  return [
    'root=/dev/nfs',
    `nfsroot=${root!.server}:${nfsrootPath(root!.path)},vers=3,tcp,nolock`,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
    `ip=\${netX/ip}::\${netX/gateway}:\${netX/netmask}:${host}::none`,
    'BOOTIF=01-${netX/mac:hexhyp}',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
    readOnly ? 'ro' : 'rw',
    `nbe.be=${be!.name}`,
    ...(machine === undefined ? [] : [`nbe.machine=${machine.name}`]),
    ...callBackVariables(callback).map(([name, value]) => `${name}=${value}`),
    ...(cmdline === '' ? [] : [checked(cmdline)]),
  ].join(' ')
}

/**
 * The kernel ends the path at a comma and takes `%` for the host's name (fs/nfs/nfsroot.c), scripts of an initial RAM
 * disk part it at blanks, and nothing can be quoted so that all of them read the same.
 */
function nfsrootPath(path: string): string {
  if (/^[\w./:@+=~-]+$/.test(path)) return path
  throw new BeError('BE_ROOT_PATH', `${path} on the command line of a Linux kernel`, {
    expected: 'letters, digits and . / : @ + = ~ _ -',
    hint: 'set be.root to another directory',
    exit: 'config',
  })
}

function checked(cmdline: string): string {
  if (isIpxeText(cmdline)) return cmdline
  throw new BeError('BE_CMDLINE', `kernel command line ${JSON.stringify(cmdline)}`, {
    expected:
      'ASCII characters, no ${, no word that begins with #, nor ; && or || alone: iPXE would act on them',
    hint: 'change boot.cmdline, or boot/cmdline in the boot environment',
    exit: 'config',
  })
}

/**
 * The variables that a kernel needs for its root, for a loader that learns none of them itself:
 * `emit loader-env`, and the virtual loader.conf.local of HTTP boot. Without an address the interface's
 * part is left out.
 */
export function kernelVariables(input: PlanInput): Variable[] {
  const { client, lab, root, nfsOptions } = input
  const netif =
    client.ip === undefined
      ? []
      : netifVariables({
          ip: client.ip,
          netmask: lab.netmask,
          hwaddr: client.mac,
          ...(lab.router === undefined ? {} : { gateway: lab.router }),
        })
  return [
    ...netif,
    ...nfsrootVariables(root!, nfsOptions),
    ...identity(input),
    ...input.loaderVariables,
    ...callBackVariables(input.callback),
  ]
}

/** Virtual files of one machine, by path below its tree; made when they are asked for. */
export function machineFile(input: PlanInput, path: string): string | undefined {
  if (input.be === undefined || input.root === undefined) return undefined
  if (path === 'boot.ipxe') return ipxeScript(input)
  const wanted = path === 'boot/loader.conf.local' && input.be.kind === 'freebsd'
  return wanted && chooseHandoff(input).handoff === 'http' ? loaderConf(kernelVariables(input)) : undefined
}
