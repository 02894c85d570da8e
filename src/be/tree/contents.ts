import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError } from '../../host/files.ts'
import { isMarker } from './install-marker.ts'

/** Whether a tree holds more than directories, and links unless these count too, as a fresh layout does. */
export async function holdsFiles(root: string, linksToo = false): Promise<boolean> {
  const ahead = [root]
  for (let dir = ahead.pop(); dir !== undefined; dir = ahead.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (entry.isDirectory()) ahead.push(join(dir, entry.name))
      else if (isMarker(entry.name) && dir === root) continue
      else if (linksToo || !entry.isSymbolicLink()) return true
    }
  }
  return false
}

/** Removes all below `root` but the marker and what is a mount point. */
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
