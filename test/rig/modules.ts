import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** kmod takes `virtio-net` and `virtio_net` for the same module. */
const canonical = (name: string): string => name.replaceAll('-', '_')

/** The modules that a module depends on: `depends=`, a NUL-terminated string in its section .modinfo. */
function dependsOn(file: string): string[] {
  const bytes = readFileSync(file)
  const at = bytes.indexOf('\0depends=')
  if (at < 0) return []
  const start = at + '\0depends='.length
  const text = bytes.toString('latin1', start, bytes.indexOf(0, start))
  return text === '' ? [] : text.split(',').map(canonical)
}

/**
 * The files of `wanted` kernel modules and of their dependencies, each after those that it needs, as insmod(8) takes
 * them. `tree` is `…/lib/modules/<release>`. Throws when a module is missing.
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
