import { relative } from 'node:path'
import { entriesOf } from './changed.ts'
import { isMarker } from './install-marker.ts'
import { removeContents } from './program.ts'

/** Whether a tree holds files: more than the directories and symbolic links of a layout. */
export function holdsFiles(root: string): boolean {
  const todo = ['']
  for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
    for (const entry of entriesOf(root, dir)) {
      if (entry.isDirectory()) todo.push(below(dir, entry.name))
      else if (isMarker(entry.name) && dir === '') continue
      else if (!entry.isSymbolicLink()) return true
    }
  }
  return false
}

/** Removes everything below `root` except the installation marker and the mount points (absolute). Throws BE_FILE_REMOVE. */
export async function emptyTree(root: string, mountPoints: readonly string[]): Promise<void> {
  const points = mountPoints.map(point => relative(root, point))
  const isPoint = (path: string) => points.some(point => point === path || point.startsWith(`${path}/`))
  const todo = ['']
  for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
    const names = entriesOf(root, dir).map(({ name }) => name)
    const kept = names.filter(name => isPoint(below(dir, name)))
    await removeContents(root, dir, [...kept, ...(dir === '' ? names.filter(isMarker) : [])])
    todo.push(...kept.map(name => below(dir, name)))
  }
}

const below = (dir: string, name: string): string => (dir === '' ? name : `${dir}/${name}`)
