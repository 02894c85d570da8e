import { shellQuote } from '../../host/shell-word.ts'
import { bePath } from '../files/tree-paths.ts'
import type { PlanInput } from '../plan-input.ts'
import { requireAddress } from '../require-address.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import { urlPath } from './ipxe-syntax.ts'
import { type KernelStarter, kernelCommandLine, knownNetwork } from './kernel-command-line.ts'

/** Texts for GRUB 2 (its manual, "Writing full configuration files directly" and "Network"). */

/**
 * A menu entry that starts a boot environment's kernel. FreeBSD's is started without its loader; under UEFI it also
 * needs kFreeBSD.acpi.rsdp. Throws BE_MACHINE_ADDRESS for FreeBSD, BE_ROOT_PATH or BE_CMDLINE for Linux.
 */
export function grubEntry(input: PlanInput): string {
  const lines = input.be!.kind === 'linux' ? linuxLines(input, 'http') : freebsdLines(input)
  return `menuentry '${input.be!.name}' {\n${lines.map(line => `  ${line}\n`).join('')}}\n`
}

/**
 * The grub.cfg of a machine whose firmware loaded GRUB from here. Not every GRUB has HTTP, or a port in its addresses:
 * where the kernel cannot be had so, it comes by TFTP. FreeBSD's loader is started as firmware would. Throws BE_ROOT_PATH
 * or BE_CMDLINE.
 */
export function grubConfig(input: PlanInput): string {
  const { be, machine } = input
  const lines = be!.kind === 'linux' ? eitherWay(input) : chainLines(input)
  return `# ${be!.name}${machine === undefined ? '' : ` for ${machine.name}`}\n${lines.join('\n')}\nboot\n`
}

type Protocol = 'http' | 'tftp'

/** A file of the boot environment, as GRUB names it. It does not encode the path of a URL. */
function fileOf({ be, lab }: PlanInput, path: string, protocol: Protocol): string {
  const full = bePath(be!.name, path)
  return protocol === 'http'
    ? `(http,${lab.server}:${lab.httpPort})${shellQuote(urlPath(full))}`
    : `(tftp,${lab.server})${shellQuote(full)}`
}

function linuxLines(input: PlanInput, protocol: Protocol): string[] {
  const { vmlinuz, initrd } = input.be!.boots
  const words = kernelCommandLine(input, starter(input)).split(' ').filter(Boolean).map(shellQuote)
  return [
    `linux ${fileOf(input, vmlinuz!, protocol)} ${words.join(' ')}`,
    ...(initrd === undefined ? [] : [`initrd ${fileOf(input, initrd, protocol)}`]),
  ]
}

function eitherWay(input: PlanInput): string[] {
  const [linux, ...initrd] = linuxLines(input, 'http')
  const indented = (lines: string[]) => lines.map(line => `  ${line}`)
  // An empty branch is a syntax error.
  const then = initrd.length === 0 ? ['true'] : initrd
  return [`if ${linux}; then`, ...indented(then), 'else', ...indented(linuxLines(input, 'tftp')), 'fi']
}

/** GRUB has no variable for its netmask: the kernel gets addresses as they are known. */
const starter = (input: PlanInput): KernelStarter => ({
  ...knownNetwork(input),
  // grub_create_loader_cmdline() puts a backslash before each of these.
  passes: text => /^[\x20-\x7e]*$/.test(text) && !/["'\\]/.test(text),
  takes: 'ASCII characters, no quotes or backslashes: GRUB would write a backslash before each',
})

function freebsdLines(input: PlanInput): string[] {
  requireAddress(input)
  const file = (path: string) => fileOf(input, path, 'http')
  return [
    `kfreebsd ${file(input.be!.boots.kernel ?? 'boot/kernel/kernel')}`,
    `kfreebsd_loadenv ${file('boot/device.hints')}`,
    ...kernelVariables(input).map(([name, value]) => `set kFreeBSD.${name}=${shellQuote(value)}`),
  ]
}

function chainLines(input: PlanInput): string[] {
  const { loaderEfi, pxeboot } = input.be!.boots
  const chain = (command: string, path: string | undefined) =>
    path === undefined ? 'false' : `${command} ${fileOf(input, path, 'tftp')}`
  return [
    'if [ "$grub_platform" = efi ]; then',
    `  ${chain('chainloader', loaderEfi)}`,
    'else',
    `  ${chain('pxechainloader', pxeboot)}`,
    'fi',
  ]
}
