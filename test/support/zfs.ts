import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ZfsHost } from '../../src/be/zfs/zfs.ts'
import { type Run, run } from '../../src/host/run.ts'
import type { Lab } from '../rig/lab.ts'
import { Program } from '../rig/program.ts'
import { ensurePackages } from './packages.ts'

/** Starts zfs-fuse and makes a pool $2 in the file $1. */
const START = `
[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
truncate -s 256M "$1"
zfs-fuse --no-daemon --no-kstat-mount &
until zpool list >/dev/null 2>&1; do kill -0 $!; sleep 0.05; done
zpool create -m none "$2" "$1"
zfs create -o canmount=off -o mountpoint=none "$2/ROOT"
read self rest < /proc/self/stat
echo "ready $self"
cat >/dev/null
`

/**
 * Runs zfs-fuse with its socket, lock and cache in a mount namespace of its own, so that several can run at the same
 * time. Mounts below $3 are visible outside, too. All of it ends when its standard input is closed.
 */
const ISOLATED = `
set -e
mount --make-private "$(stat -c %m "$3/..")"
for dir in /run /var/lib/zfs; do
  [ "$(stat -c %m $dir)" != $dir ] || mount --make-private $dir
  mount -t tmpfs -o mode=755 zfs $dir
done
mkdir -p /run/lock
${START}`

/** Runs a command; when that has ended, however it ends, unmounts $1 outside and removes $2, which holds all files. */
const CLEANING_UP = `trap : TERM
shared=$1 dir=$2; shift 2
"$@"
umount -R "$shared"
rm -rf "$dir"`

/** In a lab, which has a /run of its own. */
const IN_LAB = `
set -e
mkdir -p /run/lock
mount -t tmpfs -o mode=755 zfs /var/lib/zfs
${START}`

/** Starts a pool inside a lab, with which it ends; resolves with the data set for boot environments. */
export async function poolInLab(lab: Lab, file: string, name = 'tank'): Promise<string> {
  await ensurePackages(['zfs-fuse'])
  const daemon = lab.start(['sh', '-c', IN_LAB, 'sh', file, name], { name: 'zfs-fuse' })
  await daemon.transcript.waitFor(/^ready \d+$/m, 30_000)
  return `${name}/ROOT`
}

/** A Linux host on which `runner` runs programs. */
export const hostBy = (runner: Run): ZfsHost => ({
  platform: 'linux',
  run: runner,
  readIfThere: async path => (await runner(['cat', path], { timeoutMs: 10_000 })).stdout,
})

/** A ZFS pool for tests: the real zfs(8), with zfs-fuse on a file. Needs root. */
export class ZfsPool {
  /** The directory below which boot environments are mounted. */
  readonly root: string
  readonly parent: string
  /** Runs programs in the mount namespace of the pool. */
  readonly run: Run
  readonly host: ZfsHost
  /** The words before a command that make it run there. */
  readonly enter: readonly string[]
  readonly #daemon: Program

  private constructor(dir: string, name: string, daemon: Program, pid: string) {
    this.#daemon = daemon
    this.root = join(dir, 'shared/ROOT')
    this.parent = `${name}/ROOT`
    this.enter = ['nsenter', '--target', pid, '--mount', '--']
    this.run = (argv, options) => run([...this.enter, ...argv], options)
    this.host = hostBy(this.run)
  }

  static async open(name = 'tank'): Promise<ZfsPool> {
    await ensurePackages(['zfs-fuse'])
    const dir = mkdtempSync(join(tmpdir(), 'nbe-zfs-'))
    const shared = join(dir, 'shared')
    mkdirSync(shared)
    const options = { timeoutMs: 10_000 }
    await run(['mount', '--bind', shared, shared], options)
    await run(['mount', '--make-shared', shared], options)
    const namespaces = ['--mount', '--propagation', 'unchanged', '--pid', '--fork', '--kill-child']
    const isolated = ['unshare', ...namespaces, 'sh', '-c', ISOLATED, 'sh', join(dir, 'pool'), name, shared]
    const daemon = new Program(['sh', '-c', CLEANING_UP, 'sh', shared, dir, ...isolated], {
      name: 'zfs-fuse',
    })
    const [, pid] = await daemon.transcript.waitFor(/^ready (\d+)$/m, 30_000)
    return new ZfsPool(dir, name, daemon, pid!)
  }

  /** Runs zfs(8); resolves with what it printed. */
  async zfs(...args: string[]): Promise<string> {
    return (await this.run(['zfs', ...args], { timeoutMs: 30_000 })).stdout
  }

  /** Names of all data sets and snapshots below the parent, without it. */
  async names(): Promise<string[]> {
    const text = await this.zfs('list', '-H', '-r', '-t', 'all', '-o', 'name', this.parent)
    const names = text.split('\n').map(name => name.slice(this.parent.length + 1))
    return names.filter(name => name !== '')
  }

  /** Unmounts and destroys all boot environments, snapshots of theirs included. */
  async clear(): Promise<void> {
    const { stdout } = await this.run(['cat', '/proc/self/mountinfo'], { timeoutMs: 10_000 })
    const points = stdout.split('\n').flatMap(line => line.split(' ')[4] ?? [])
    for (const point of points.filter(path => path.startsWith(`${this.root}/`)).reverse()) {
      await this.run(['umount', point], { timeoutMs: 10_000 })
    }
    rmSync(this.root, { recursive: true, force: true })
    if ((await this.names()).length > 0) await this.zfs('destroy', '-R', this.parent)
    if ((await this.zfs('list', '-H', '-o', 'name')).includes(this.parent)) return
    await this.zfs('create', '-o', 'canmount=off', '-o', 'mountpoint=none', this.parent)
  }

  /** Ends the daemon, after which the pool is removed. */
  async close(): Promise<void> {
    await this.clear().catch(() => {})
    await this.#daemon.stop(10_000)
  }
}
