import { bePath, loaderPath } from '../files/tree-paths.ts'
import type { PlanInput } from '../plan-input.ts'
import { callBackVariables } from '../variables/call-back.ts'
import { loaderVariables } from '../variables/loader-variables.ts'
import type { Variable } from '../variables/variable.ts'
import { isIpxeText, urlPath } from './ipxe-syntax.ts'
import { type KernelStarter, kernelCommandLine } from './kernel-command-line.ts'
import { isLoaderArgument, loaderArgument } from './loader-arguments.ts'

/**
 * The iPXE script that starts the boot environment: a Linux kernel with its root on the command line, or
 * FreeBSD's loader.efi with network and root as arguments, so that it does no DHCP of its own
 * (stand/common/dev_net.c, stand/efi/loader/main.c). iPXE fills in the settings of its interface. Throws
 * BE_VARIABLE, BE_ROOT_PATH or BE_CMDLINE where a value cannot be written so that it arrives unchanged.
 */
export function ipxeScript(input: PlanInput): string {
  const { be, machine } = input
  const lines = be!.kind === 'linux' ? linuxLines(input) : freebsdLines(input)
  const head = `#!ipxe\n# ${be!.name}${machine === undefined ? '' : ` for ${machine.name}`}\n`
  return `${head}${lines.join('\n')}\nboot\n`
}

function freebsdLines(given: PlanInput): string[] {
  const { lab, be } = given
  const byNfs: Variable = ['rootpath', `${given.root!.server}:${given.root!.path}`]
  const byTftp: Variable = ['rootpath', `tftp://${lab.server}${bePath(be!.name)}`]
  // Where the path cannot be an argument, the loader reads by TFTP and gets the file handle instead.
  const udp = given.root!.udp && isLoaderArgument(byNfs)
  const input = { ...given, root: { ...given.root!, udp } }
  const variables: Variable[] = [
    ['gatewayip', lab.router ?? lab.server],
    ['serverip', lab.server],
    udp ? byNfs : byTftp,
    ...loaderVariables(input, 'arguments'),
    ...callBackVariables(input.callback),
  ]
  // The loader does DHCP after all unless ipaddr, netmask, gatewayip and serverip are all given.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own settings
  const own = 'ipaddr=${netX/ip} netmask=${netX/netmask}'
  const args = variables.map(loaderArgument).join(' ')
  return [`kernel tftp://${lab.server}${bePath(be!.name, loaderPath(be!, 'uefi'))} loader.efi ${own} ${args}`]
}

/** iPXE fills in the settings of its interface. */
const IPXE: KernelStarter = {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
  network: { ip: '${netX/ip}', gateway: '${netX/gateway}', netmask: '${netX/netmask}' },
  mac: '${netX/mac:hexhyp}',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
  passes: isIpxeText,
  takes: 'ASCII characters, no ${, no word that begins with #, nor ; && or || alone: iPXE would act on them',
}

function linuxLines(input: PlanInput): string[] {
  const { lab, be } = input
  const { vmlinuz, initrd } = be!.boots
  const url = (path: string) => `http://${lab.server}:${lab.httpPort}${urlPath(bePath(be!.name, path))}`
  const args = `${initrd === undefined ? '' : 'initrd=initrd.img '}${kernelCommandLine(input, IPXE)}`
  return [
    `kernel ${url(vmlinuz!)} ${args}`,
    ...(initrd === undefined ? [] : [`initrd --name initrd.img ${url(initrd)}`]),
  ]
}
