import type { Platform } from '../host/platform.ts'
import { type Run, run } from '../host/run.ts'

/** A whole system over a slow disk. */
const TIMEOUT_MS = 4 * 3_600_000

/**
 * Copies a tree into the empty directory `to`: owners, modes, times, hard links, devices; not what is mounted
 * in it. On Linux also attributes and, where the file system can, sharing the blocks; on FreeBSD by pax(1), as cp
 * there makes many files of one with many names (/rescue), so that chflags(1) flags are not kept.
 */
export async function copyTree(from: string, to: string, platform: Platform, runner: Run = run) {
  const argv =
    platform === 'linux'
      ? ['cp', '-a', '-x', '--reflink=auto', '--', '.', to]
      : ['pax', '-rw', '-X', '-pe', '.', to]
  await runner(argv, { timeoutMs: TIMEOUT_MS, cwd: from, platform })
}
