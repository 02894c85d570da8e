import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import { output, type Program } from './program.ts'

/** Debian packages of the boot programs. */
export const BOOT_PROGRAM_PACKAGES = ['grub-common', 'grub-pc-bin', 'qemu-system-arm', 'u-boot-qemu']

/** The MAC in the default environment of U-Boot for QEMU, whatever its card has. */
export const BOARD_MAC = '52:52:52:52:52:52'

/** A tree that counts as FreeBSD and has these files below boot/. */
function bootTree(dir: string, files: Record<string, string | Buffer>): void {
  for (const path of ['bin', 'boot/kernel']) mkdirSync(join(dir, path), { recursive: true })
  writeFileSync(join(dir, 'bin/freebsd-version'), 'USERLAND_VERSION="14.1-RELEASE"\n')
  for (const [name, data] of Object.entries(files)) writeFileSync(join(dir, 'boot', name), data)
}

/** GRUB modules without which it does nothing here. */
const MODULES = [
  'boot',
  'configfile',
  'echo',
  'http',
  'linux',
  'net',
  'normal',
  'pxe',
  'serial',
  'terminal',
  'tftp',
]

/** A tree whose pxeboot is GRUB for BIOS; it runs `commands` with the serial line as its terminal. */
export async function grubTree(dir: string, commands: string[]): Promise<void> {
  bootTree(dir, { 'kernel/kernel': 'none' })
  const config = join(dir, 'early.cfg')
  const terminal = ['serial --unit=0 --speed=115200', 'terminal_input serial', 'terminal_output serial']
  writeFileSync(config, `${[...terminal, ...commands].join('\n')}\n`)
  const image = ['-O', 'i386-pc-pxe', '-o', join(dir, 'boot/pxeboot'), '-p', '', '-c', config]
  await output(['grub-mkimage', ...image, ...MODULES])
}

/** A tree for arm64 whose loader no firmware starts: it has the headers of an EFI program and nothing else. */
export function boardTree(dir: string): void {
  const loader = Buffer.alloc(4096)
  loader.write('MZ')
  loader.writeUInt32LE(64, 0x3c)
  loader.write('PE\0\0', 64)
  loader.writeUInt16LE(0xaa64, 68)
  bootTree(dir, { 'loader.efi': loader, 'kernel/kernel': Buffer.alloc(100_000) })
}

/** Starts a board with U-Boot for arm64; its serial console is the transcript. */
export async function startBoard(lab: Lab, dir: string): Promise<Program> {
  const argv = [
    ...['qemu-system-aarch64', '-machine', 'virt', '-cpu', 'cortex-a57', '-m', '256', '-nodefaults'],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-bios', '/usr/lib/u-boot/qemu_arm64/u-boot.bin'],
    ...['-netdev', `tap,id=net,ifname=${await lab.tap()},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${BOARD_MAC},romfile=`],
  ]
  return lab.start(argv, { name: 'board', logFile: join(dir, 'board.log') })
}
