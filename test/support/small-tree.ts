import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output } from '../rig/program.ts'

const BUSYBOX = '/bin/busybox'

/** Fills `dir` with a tree whose only program is busybox, under all its names. */
export async function smallTree(dir: string): Promise<string> {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'var']) {
    mkdirSync(join(dir, name), { recursive: true })
  }
  const busybox = join(dir, 'bin/busybox')
  cpSync(BUSYBOX, busybox)
  for (const applet of (await output([busybox, '--list'])).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(dir, 'bin', applet))
  }
  writeFileSync(join(dir, 'etc/os-release'), 'ID=small\nPRETTY_NAME="a small tree"\n')
  return dir
}
