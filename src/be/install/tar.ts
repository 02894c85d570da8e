import { lstat, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import { fileError } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import { programMissing, type Run, run } from '../../host/run.ts'
import type { Progress, Target } from './job.ts'

/**
 * The tar(1) of this host. libarchive's never extracts through a symbolic link. GNU's does not through links of the same
 * archive, but follows those that are in the directory already.
 */
export type Tar = 'bsdtar' | 'gnu'

export async function whichTar(platform: Platform, runner: Run = run): Promise<Tar> {
  const { stdout } = await runner(['tar', '--version'], { timeoutMs: 10_000, platform })
  return stdout.startsWith('bsdtar') ? 'bsdtar' : 'gnu'
}

/** First bytes (hex) of compressed files, and GNU tar's option for them, which it cannot detect on a pipe. */
const COMPRESSIONS: [magic: string, option: string][] = [
  ['fd377a585a00', '--xz'],
  ['1f8b', '--gzip'],
  ['425a68', '--bzip2'],
  ['28b52ffd', '--zstd'],
]

/**
 * Owners by number: names are those of the archive's system, not of this host. Without file flags: immutable files
 * (chflags schg) could not be replaced or destroyed.
 */
export const EXTRACT: Record<Tar, string[]> = {
  bsdtar: ['-x', '-p', '--numeric-owner', '--no-fflags', '-f', '-'],
  gnu: [
    ...['-x', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*'],
    ...['--warning=no-unknown-keyword', '--warning=no-timestamp', '-f', '-'],
  ],
}

export interface UnpackOptions {
  /** Path of the archive. */
  file: string
  /** What messages call it. */
  what: string
  /** Absolute path of an existing directory. */
  into: string
  tar: Tar
  platform: Platform
  progress: Progress
}

/** Unpacks one archive of an installation; `first`: the tree is empty, so it holds no links to be checked. */
export async function unpackPart(file: string, what: string, target: Target, first: boolean): Promise<void> {
  const { root: into, platform, progress } = target
  const options: UnpackOptions = { file, what, into, tar: await whichTar(platform), platform, progress }
  if (!first) await checkLinks(options)
  await unpack(options)
}

/** Unpacks an archive; files of the same name are replaced. Throws BE_INSTALL_UNPACK, BE_FILE_NO_SPACE, BE_PROGRAM_MISSING. */
export async function unpack(options: UnpackOptions): Promise<void> {
  const { tar, into, what } = options
  await feedTar(options, [...EXTRACT[tar], '-C', into], `unpacking ${what}`)
}

/**
 * Checks that no name in an archive leads out of a tree through a symbolic link that the tree has already, which GNU
 * tar would follow. Throws BE_INSTALL_LINK, and what unpack() throws.
 */
export async function checkLinks(options: UnpackOptions): Promise<void> {
  if (options.tar !== 'gnu') return
  const dirs = new Set<string>()
  const argv = ['-t', '--quoting-style=literal', '-f', '-']
  await feedTar(options, argv, `looking into ${options.what}`, name => dirs.add(dirname(name)))
  const seen = new Map<string, boolean>()
  for (const dir of dirs) {
    if (!(await staysInside(options.into, dir, seen))) throw linkError(options, dir)
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

/** Whether `path` is no link, or one that stays in the tree (bin -> usr/bin). */
async function linksInside(root: string, path: string): Promise<boolean> {
  const at = join(root, path)
  const found = await lstat(at).catch(() => undefined)
  if (!found?.isSymbolicLink()) return true
  const real = await realpath(at).catch(() => '')
  return real === root || real.startsWith(`${root}/`)
}

/** Runs tar with the archive on its standard input; `onLine` gets the lines that it prints. */
async function feedTar(
  options: UnpackOptions,
  args: string[],
  doing: string,
  onLine?: (line: string) => void,
) {
  const { file, tar, platform, progress } = options
  const handle = await open(file).catch(error => {
    throw fileError(error, 'read', file)
  })
  await using _ = handle
  const { size } = await handle.stat()
  const head = Buffer.alloc(8)
  await handle.read(head, 0, 8, 0)
  const option = COMPRESSIONS.find(([magic]) => head.toString('hex').startsWith(magic))?.[1]
  const argv = ['tar', ...(tar === 'gnu' && option !== undefined ? [option] : []), ...args]
  const stream = handle.createReadStream({ start: 0, highWaterMark: 1 << 20, autoClose: false })
  let done = 0
  stream.on('data', data => {
    done += data.length
    progress(doing, done, size)
  })
  const ended = await feed(argv, stream, { platform, ...(onLine && { onLine }) })
  if (ended.status !== 0) throw unpackError(options, ended.stderr, ended.status)
}

/** The error for tar's messages: the first one is the cause of the others. */
export function unpackError(
  { what, into, platform }: Pick<UnpackOptions, 'what' | 'into' | 'platform'>,
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
    })
  }
  const said = lines.find(line => line !== '' && !/: (Removing leading|Exiting with)/.test(line))
  return new BeError(
    'BE_INSTALL_UNPACK',
    `${what} cannot be unpacked into ${into}: ${said ?? (status === undefined ? 'tar was killed' : `tar ended with status ${status}`)}`,
    { hint: 'is it an archive, and whole?' },
  )
}

const linkError = ({ what, into }: UnpackOptions, dir: string): BeError =>
  new BeError('BE_INSTALL_LINK', `${what} has files in ${dir}, which is a link in ${into}`, {
    expected: 'directories: nothing is unpacked outside the boot environment',
  })
