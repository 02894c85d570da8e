import { lstat, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import { fileError } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import { programMissing, type Run, run } from '../../host/run.ts'
import type { Progress } from './obtain.ts'

/** The tar(1) of this host. libarchive's keeps to the directory by itself; GNU's does within one archive. */
export type Tar = 'bsdtar' | 'gnu'

export async function whichTar(platform: Platform, runner: Run = run): Promise<Tar> {
  const { stdout } = await runner(['tar', '--version'], { timeoutMs: 10_000, platform })
  return stdout.startsWith('bsdtar') ? 'bsdtar' : 'gnu'
}

/** First bytes of a compressed file, and GNU tar's option for it: out of a pipe it cannot tell. */
const PACKED: [magic: string, option: string][] = [
  ['fd377a585a00', '--xz'],
  ['1f8b', '--gzip'],
  ['425a68', '--bzip2'],
  ['28b52ffd', '--zstd'],
]

/**
 * Owners by number, as the archive's system knows them, not ours. File flags are left out: a tree is replaced,
 * cloned and destroyed from outside, and an immutable file would stand against that.
 */
export const EXTRACT: Record<Tar, string[]> = {
  bsdtar: ['-x', '-p', '--numeric-owner', '--no-fflags', '-f', '-'],
  gnu: [
    ...['-x', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*'],
    ...['--warning=no-unknown-keyword', '--warning=no-timestamp', '-f', '-'],
  ],
}

export interface Unpacking {
  /** The archive, and what it is called for people. */
  file: string
  what: string
  /** Absolute path of an existing directory. */
  into: string
  tar: Tar
  platform: Platform
  progress: Progress
}

/** Unpacks an archive. What is there of the same name is replaced. Throws BE_INSTALL_UNPACK, BE_FILE_NO_SPACE, BE_PROGRAM_MISSING. */
export async function unpack(unpacking: Unpacking): Promise<void> {
  const { tar, into, what } = unpacking
  await through(unpacking, [...EXTRACT[tar], '-C', into], `unpacking ${what}`)
}

/**
 * Sees that no name in an archive leads out of a tree over a link that the tree has already: GNU tar follows
 * such. Throws BE_INSTALL_LINK, and what unpack() throws.
 */
export async function checkLinks(unpacking: Unpacking): Promise<void> {
  if (unpacking.tar !== 'gnu') return
  const dirs = new Set<string>()
  const argv = ['-t', '--quoting-style=literal', '-f', '-']
  await through(unpacking, argv, `looking into ${unpacking.what}`, name => dirs.add(dirname(name)))
  const seen = new Map<string, boolean>()
  for (const dir of dirs) {
    if (!(await staysInside(unpacking.into, dir, seen))) throw leadsOut(unpacking, dir)
  }
}

async function staysInside(root: string, dir: string, seen: Map<string, boolean>): Promise<boolean> {
  if (dir === '.' || dir === '/' || dir === '') return true
  const known = seen.get(dir)
  if (known !== undefined) return known
  const inside = (await staysInside(root, dirname(dir), seen)) && (await linksInside(root, dir))
  seen.set(dir, inside)
  return inside
}

/** A link to somewhere else in the tree (bin -> usr/bin) is as good as a directory. */
async function linksInside(root: string, path: string): Promise<boolean> {
  const at = join(root, path)
  const found = await lstat(at).catch(() => undefined)
  if (!found?.isSymbolicLink()) return true
  const real = await realpath(at).catch(() => '')
  return real === root || real.startsWith(`${root}/`)
}

/** Feeds an archive to tar. */
async function through(unpacking: Unpacking, args: string[], doing: string, onLine?: (line: string) => void) {
  const { file, tar, platform, progress } = unpacking
  const handle = await open(file).catch(error => {
    throw fileError(error, 'read', file)
  })
  await using _ = handle
  const { size } = await handle.stat()
  const head = Buffer.alloc(8)
  await handle.read(head, 0, 8, 0)
  const option = PACKED.find(([magic]) => head.toString('hex').startsWith(magic))?.[1]
  const argv = ['tar', ...(tar === 'gnu' && option !== undefined ? [option] : []), ...args]
  const stream = handle.createReadStream({ start: 0, highWaterMark: 1 << 20, autoClose: false })
  let done = 0
  stream.on('data', data => {
    done += data.length
    progress(doing, done, size)
  })
  const ended = await feed(argv, stream, { platform, ...(onLine && { onLine }) })
  if (ended.status !== 0) throw failed(unpacking, ended.stderr, ended.status)
}

/** What tar said, as one line: its first complaint is the cause of the others. */
export function failed(
  { what, into, platform }: Pick<Unpacking, 'what' | 'into' | 'platform'>,
  stderr: string,
  status?: number,
): BeError {
  const lines = stderr.split('\n').map(line => line.trim())
  const missing = lines.map(
    line => /(?:\(child\): |Can't launch external program: )(\w+)(?:: Cannot exec.*)?/.exec(line)?.[1],
  )
  const program = lines.some(line => /Cannot exec|Can't launch/.test(line))
    ? missing.find(Boolean)
    : undefined
  if (program !== undefined) return programMissing(program, platform)
  if (/No space left|Disk quota exceeded/.test(stderr)) {
    return new BeError('BE_FILE_NO_SPACE', `no space left in ${into} while ${what} was unpacked`, {
      hint: 'free some, then run it again: it goes on where it stopped',
      exit: 'unavailable',
    })
  }
  const said = lines.find(line => line !== '' && !/: (Removing leading|Exiting with)/.test(line))
  return new BeError(
    'BE_INSTALL_UNPACK',
    `${what} cannot be unpacked into ${into}: ${said ?? (status === undefined ? 'tar was killed' : `tar ended with status ${status}`)}`,
    { hint: 'is it an archive, and whole?', exit: 'data' },
  )
}

const leadsOut = ({ what, into }: Unpacking, dir: string): BeError =>
  new BeError('BE_INSTALL_LINK', `${what} has files in ${dir}, which is a link in ${into}`, {
    expected: 'directories: nothing is unpacked outside the boot environment',
    exit: 'data',
  })
