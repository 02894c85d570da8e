import { lstat, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errno } from '../errors.ts'
import { run } from '../host/run.ts'

/**
 * A mount point at or below `dir` (real path, no links), undefined when there is none: what must be known
 * before anything is deleted. Linux lists mounts, bind mounts of the same file system included; elsewhere
 * every mount shows as another device, nullfs(5) too.
 */
export async function mountPointIn(dir: string): Promise<string | undefined> {
  const listed = (await linuxMounts()).find(path => path === dir || path.startsWith(`${dir}/`))
  if (listed !== undefined) return listed
  const [own, parent] = await Promise.all([lstat(dir), lstat(dirname(dir))])
  return own.dev === parent.dev ? otherDevice(dir, own.dev) : dir
}

/** Mount points below `dir` (real path), parents first. Where there is no list of them (not Linux): mount(8)'s. */
export async function mountPointsBelow(dir: string): Promise<string[]> {
  const all = process.platform === 'linux' ? await linuxMounts() : await listedMounts()
  return [...new Set(all.filter(path => path.startsWith(`${dir}/`)))].sort()
}

/** Mount points as `mount -p` of FreeBSD prints them, in the form of fstab(5). */
async function listedMounts(): Promise<string[]> {
  const { stdout } = await run(['mount', '-p'], { timeoutMs: 10_000 })
  return stdout.split('\n').flatMap(line => line.split(/\s+/)[1] ?? [])
}

/** Mount points by proc_pid_mountinfo(5), its octal escapes undone; none where there is no such file. */
async function linuxMounts(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(error => {
    if (errno(error) === 'ENOENT') return ''
    throw error
  })
  return text
    .split('\n')
    .flatMap(line => line.split(' ')[4] ?? [])
    .map(path => path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))))
}

/** The first directory below `top` that lies on another device. Without recursion: trees may be deep. */
async function otherDevice(top: string, device: number): Promise<string | undefined> {
  const ahead = [top]
  for (let dir = ahead.pop(); dir !== undefined; dir = ahead.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = join(dir, entry.name)
      if ((await lstat(path)).dev !== device) return path
      ahead.push(path)
    }
  }
  return undefined
}
