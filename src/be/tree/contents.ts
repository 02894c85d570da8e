import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError } from '../../host/files.ts'
import { isMarker } from './install-marker.ts'

/** Whether a tree holds files: more than the directories and symbolic links of a layout. */
export async function holdsFiles(root: string): Promise<boolean> {
  const todo = [root]
  for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (entry.isDirectory()) todo.push(join(dir, entry.name))
      else if (isMarker(entry.name) && dir === root) continue
      else if (!entry.isSymbolicLink()) return true
    }
  }
  return false
}

/** Removes everything below `root` except the installation marker and the mount points. Throws BE_FILE_REMOVE. */
export async function emptyTree(root: string, mountPoints: readonly string[]): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name)
    if (isMarker(name)) continue
    if (mountPoints.some(point => point === path || point.startsWith(`${path}/`))) {
      await emptyTree(path, mountPoints)
      continue
    }
    await rm(path, { recursive: true, force: true }).catch(error => {
      throw fileError(error, 'remove', path)
    })
  }
}
