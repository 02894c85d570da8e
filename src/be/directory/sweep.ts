import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mountPointIn } from '../tree/mount-points.ts'
import { removeTree } from '../tree/program.ts'
import { isAbandoned } from './staging.ts'

/** Removes the hidden directories that ended processes left. What cannot be removed is left there. */
export async function sweep(root: string): Promise<void> {
  for (const name of (await readdir(root)).filter(isAbandoned)) {
    const path = join(root, name)
    if ((await mountPointIn(path).catch(() => path)) !== undefined) continue
    await removeTree(path).catch(() => {})
  }
}
