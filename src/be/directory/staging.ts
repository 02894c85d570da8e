import { chmod, mkdtemp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { errno } from '../../errors/errors.ts'
import { isAlive } from '../../host/daemon.ts'
import { DESTROYING_PREFIX, STAGING_PREFIX } from '../name.ts'
import { existsError } from '../store-errors.ts'
import { removeTree } from '../tree/program.ts'

/** Makes an empty directory in `root` with a hidden name, which contains the pid of this process. */
export const makeHidden = (root: string, prefix: string): Promise<string> =>
  mkdtemp(join(root, `${prefix}${process.pid}-`))

/** Whether this is the name of such a directory whose process has ended. */
export function isAbandoned(name: string): boolean {
  const prefix = [STAGING_PREFIX, DESTROYING_PREFIX].find(known => name.startsWith(known))
  const pid = prefix && /^(\d+)-/.exec(name.slice(prefix.length))?.[1]
  return pid !== undefined && !isAlive(Number(pid))
}

/**
 * Makes the boot environment `name` in `root`: `fill` writes into a directory with a hidden name, and a rename makes it
 * visible. Throws BE_EXISTS if another process was faster: rename(2) does not replace a directory that is not empty.
 */
export async function stage(
  root: string,
  name: string,
  fill: (tree: string) => Promise<void>,
): Promise<void> {
  const staging = await makeHidden(root, STAGING_PREFIX)
  const path = join(root, name)
  try {
    await chmod(staging, 0o755)
    await fill(staging)
    await rename(staging, path)
  } catch (error) {
    await removeTree(staging)
    throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '') ? existsError(name, path) : error
  }
}
