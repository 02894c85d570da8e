import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addBusybox } from '../rig/busybox.ts'

/** Fills `dir` with a tree whose only program is busybox, under the names of all its applets. */
export async function smallTree(dir: string): Promise<string> {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'var']) {
    mkdirSync(join(dir, name), { recursive: true })
  }
  await addBusybox(dir, '/bin/busybox')
  writeFileSync(join(dir, 'etc/os-release'), 'ID=small\nPRETTY_NAME="a small tree"\n')
  return dir
}
