import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arch, BootEnvironment } from '../../../be/be.ts'
import { findPlace } from '../../../be/tree/walk.ts'
import { BeError } from '../../../errors/errors.ts'
import type { Platform } from '../../../host/platform.ts'

/** The host whose kernel would run a BE's programs. */
export interface ThisHost {
  platform: Platform
  /** Undefined: none that a BE can be of. */
  arch: Arch | undefined
}

const ARCHES: Partial<Record<NodeJS.Architecture, Arch>> = {
  ...{ x64: 'amd64', ia32: 'i386', arm64: 'arm64', arm: 'armv7', riscv64: 'riscv64', loong64: 'loongarch64' },
}

/** The arch of this host; undefined for one that no BE can be of. */
export const hostArch = (name: NodeJS.Architecture = process.arch): Arch | undefined => ARCHES[name]

/** The name under which the emulator of an arch is registered with binfmt_misc or binmiscctl(8). */
const EMULATORS: Record<Arch, string> = {
  i386: 'qemu-i386',
  amd64: 'qemu-x86_64',
  arm64: 'qemu-aarch64',
  armv7: 'qemu-arm',
  riscv64: 'qemu-riscv64',
  loongarch64: 'qemu-loongarch64',
}

/**
 * Checks that this host's kernel can run the BE's programs; a BE of unknown kind or arch passes. FreeBSD runs
 * Linux programs by linux(4), Linux runs no FreeBSD programs. Throws BE_OS_MISMATCH, BE_ARCH_MISMATCH.
 */
export async function checkRunsHere(be: BootEnvironment, host: ThisHost, binfmt = BINFMT): Promise<void> {
  if (be.kind === 'freebsd' && host.platform === 'linux') {
    throw new BeError('BE_OS_MISMATCH', `${be.name} is FreeBSD, which no kernel of Linux runs`, {
      hint: `boot it in a machine: be bootpxe ${be.name} MACHINE`,
    })
  }
  if (be.arch === undefined || host.arch === undefined || runs(host.arch, be.arch)) return
  const emulator = EMULATORS[be.arch]
  if (host.platform === 'linux' && (await isRegistered(emulator, binfmt))) return
  throw new BeError('BE_ARCH_MISMATCH', `${be.name} is for ${be.arch}, this host is ${host.arch}`, {
    hint: `boot it in a machine, or have ${emulator} run such programs (${EMULATED[host.platform]})`,
  })
}

const runs = (host: Arch, be: Arch): boolean => host === be || (host === 'amd64' && be === 'i386')

const EMULATED: Record<Platform, string> = {
  linux: 'apt-get install qemu-user-static',
  freebsd: 'pkg install qemu-user-static, binmiscctl(8)',
}

const BINFMT = '/proc/sys/fs/binfmt_misc'

/**
 * Whether an emulator is registered with flag F: the kernel then opened it at registration, and it need not be in
 * the tree (Documentation/admin-guide/binfmt-misc.rst).
 */
async function isRegistered(emulator: string, binfmt: string): Promise<boolean> {
  const names = await readdir(binfmt).catch(() => [])
  for (const name of names.filter(name => name.startsWith(emulator))) {
    const text = await readFile(join(binfmt, name), 'utf8').catch(() => '')
    if (/^enabled$/m.test(text) && /^flags: .*F/m.test(text)) return true
  }
  return false
}

/** PATH when the environment has none. */
const DEFAULT_PATH = '/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin'

/**
 * Checks that execvp(3) would find this command in the tree at `root`, because jexec(8) and chroot(8) of FreeBSD
 * exit with 1 if not, like a command that ran and failed. Throws BE_COMMAND_MISSING.
 */
export async function checkCommand(root: string, command: string, path = process.env.PATH): Promise<void> {
  const places = command.includes('/')
    ? [command]
    : (path ?? DEFAULT_PATH).split(':').map(dir => join('/', dir, command))
  for (const place of places) {
    if (isProgram(root, place)) return
  }
  throw new BeError('BE_COMMAND_MISSING', `no command ${command} in ${root}`, {
    hint: command.includes('/') ? 'paths are those of the boot environment' : 'name it by its path in there',
  })
}

/** Anybody's right to execute it counts: it is run as root. */
function isProgram(root: string, path: string): boolean {
  const stat = findPlace(root, path)?.stat
  return stat?.isFile() === true && (Number(stat.mode) & 0o111) !== 0
}
