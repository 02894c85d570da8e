import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { output } from './program.ts'

/** Copies a static busybox to `dir`/bin, with a link for each applet. */
export async function addBusybox(dir: string, from: string): Promise<void> {
  const busybox = join(dir, 'bin/busybox')
  cpSync(from, busybox)
  for (const applet of (await output([busybox, '--list'])).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(dir, 'bin', applet))
  }
}
