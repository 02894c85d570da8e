import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from './platform.ts'
import { type Run, run } from './run.ts'

/** Network interfaces of this host and the ports of its bridges, as the kernel has them now. */
const SYS = '/sys/class/net'

/** Every interface, up or not. */
export async function interfaceNames(platform: Platform, runner: Run = run): Promise<string[]> {
  if (platform === 'linux') return readdir(SYS).catch(() => [])
  return (await ifconfig(['-l'], runner)).split(/\s+/).filter(name => name !== '')
}

/** What is plugged into a bridge; undefined when there is no bridge of that name. */
export async function bridgePorts(
  name: string,
  platform: Platform,
  runner: Run = run,
): Promise<string[] | undefined> {
  if (platform === 'linux') return readdir(join(SYS, name, 'brif')).catch(() => undefined)
  const text = await ifconfig([name], runner)
  if (!/^\s+groups: .*\bbridge\b|^\s+root id /m.test(text)) return undefined
  return [...text.matchAll(/^\s+member: (\S+)/gm)].map(([, port]) => port!)
}

/** The note that an admin, or a program, left on an interface. */
export async function interfaceNote(name: string, platform: Platform, runner: Run = run): Promise<string> {
  if (platform === 'linux') {
    return (await readFile(join(SYS, name, 'ifalias'), 'utf8').catch(() => '')).trim()
  }
  return /^\s+description: (.*)$/m.exec(await ifconfig([name], runner))?.[1] ?? ''
}

/** Nothing, for an interface that is not there. */
const ifconfig = (args: string[], runner: Run): Promise<string> =>
  runner(['ifconfig', ...args], { timeoutMs: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  )
