import type { BootEnvironment } from '../be/be.ts'
import type { BeStore } from '../be/store.ts'
import { openBelow } from '../boot/files/open-below.ts'

/** What planning reads of a boot environment. */
export interface BootTree {
  be: BootEnvironment
  /** Linux: its own part of the kernel's command line. */
  cmdline: string
  /** Whether it holds the script that reports that the system is up. */
  script: boolean
}

/** Where `be prepare` puts that script. */
const UP_SCRIPT = 'usr/local/libexec/nbe-up'

/** Most bytes that are read of a file in a tree. */
const READ_LIMIT = 64 * 1024

/** Throws BE_UNKNOWN and the errors of the store. */
export async function readBootTree(store: Pick<BeStore, 'get'>, name: string): Promise<BootTree> {
  const be = await store.get(name)
  const cmdline = be.kind === 'linux' ? await ownCmdline(be) : ''
  return { be, cmdline, script: (await readInside(be.path, UP_SCRIPT)) !== undefined }
}

/** The first line of boot/cmdline. */
async function ownCmdline(be: BootEnvironment): Promise<string> {
  const text = await readInside(be.path, 'boot/cmdline')
  return (text ?? '').split('\n', 1).join('').trim()
}

/** The start of a regular file; undefined for anything else: a guest may have put a FIFO there. */
export async function readInside(root: string, path: string): Promise<string | undefined> {
  const file = await openBelow(root, path, path).catch(() => undefined)
  try {
    return file && (await file.read(0, Math.min(file.size, READ_LIMIT))).toString('utf8')
  } finally {
    await file?.close()
  }
}
