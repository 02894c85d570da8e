import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** `virtio-net` and `virtio_net` name the same module (kmod's rule). */
const canonical = (name: string): string => name.replaceAll('-', '_')

/** The names in a module's `depends=` note, which lies as a NUL-terminated string in section .modinfo. */
function dependsOn(file: string): string[] {
  const bytes = readFileSync(file)
  const at = bytes.indexOf('\0depends=')
  if (at < 0) return []
  const start = at + '\0depends='.length
  const text = bytes.toString('latin1', start, bytes.indexOf(0, start))
  return text === '' ? [] : text.split(',').map(canonical)
}

/**
 * The files of `wanted` kernel modules and of all that they need, each after what it needs: the order
 * for insmod(8). `tree` is `…/lib/modules/<release>`. Throws when a module is not there.
 */
export function modulesInOrder(tree: string, wanted: string[]): string[] {
  const files = new Map<string, string>()
  for (const file of globSync('**/*.ko', { cwd: tree })) {
    files.set(canonical(basename(file, '.ko')), `${tree}/${file}`)
  }
  const ordered = new Set<string>()
  const visit = (name: string): void => {
    const file = files.get(name)
    if (file === undefined) throw new Error(`kernel in ${tree} has no module ${name}`)
    if (ordered.has(file)) return
    dependsOn(file).forEach(visit)
    ordered.add(file)
  }
  wanted.map(canonical).forEach(visit)
  return [...ordered]
}
