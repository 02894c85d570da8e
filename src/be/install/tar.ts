import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import { fileError } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import { type Ending, endingOf, programMissing, run } from '../../host/run.ts'
import { confined } from './confine.ts'
import type { Target } from './job.ts'

/** The tar(1) of a host: libarchive's or GNU's. */
export type Tar = 'bsdtar' | 'gnu'

/** First bytes (hex) of compressed files, and GNU tar's option for them, which it cannot detect on a pipe. */
const COMPRESSIONS: [magic: string, option: string][] = [
  ['fd377a585a00', '--xz'],
  ['1f8b', '--gzip'],
  ['425a68', '--bzip2'],
  ['28b52ffd', '--zstd'],
]

/**
 * Owners by number: names are those of the archive's system, not of this host. Without file flags: immutable files
 * (chflags schg) could not be replaced or destroyed. libarchive refuses names in UTF-8 that its locale does not have.
 */
const EXTRACT: Record<Tar, string[]> = {
  bsdtar: ['env', 'LC_ALL=C.UTF-8', 'tar', '-x', '-p', '--numeric-owner', '--no-fflags', '-f', '-'],
  gnu: [
    ...['tar', '-x', '-p', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*'],
    ...['--warning=no-unknown-keyword', '--warning=no-timestamp', '--quoting-style=escape', '-f', '-'],
  ],
}

/**
 * Unpacks an archive of this host, which messages call `what`, into a tree; files of the same name are replaced.
 * Throws what extractor() and its extract() throw, and BE_FILE_….
 */
export async function unpack(file: string, what: string, target: Target): Promise<void> {
  const { extract } = await extractor(what, target)
  await using handle = await open(file).catch(error => {
    throw fileError(error, 'read', file)
  })
  const { size } = await handle.stat()
  const head = Buffer.alloc(8)
  await handle.read(head, 0, 8, 0)
  const compression = COMPRESSIONS.find(([magic]) => head.toString('hex').startsWith(magic))?.[1]
  const stream = handle.createReadStream({ start: 0, highWaterMark: 1 << 20, autoClose: false })
  await extract(stream, { doing: `unpacking ${what}`, size, compression })
}

/** A tar(1) that is confined to a tree. */
export interface Extractor {
  tar: Tar
  /**
   * Runs it with an archive on its standard input. Throws BE_INSTALL_UNPACK, BE_INSTALL_LINK, BE_FILE_NO_SPACE,
   * BE_PROGRAM_MISSING.
   */
  extract(archive: Readable, more: Extraction): Promise<void>
}

export interface Extraction {
  /** What is reported as progress. */
  doing: string
  /** Bytes of the archive, where they are known. */
  size?: number
  /** GNU tar's option. */
  compression?: string | undefined
}

/** Confines tar(1) to a tree; messages call the archive `what`. Throws BE_INSTALL_CONFINE before anything is unpacked. */
export async function extractor(what: string, target: Target): Promise<Extractor> {
  const { root, platform, progress } = target
  const { before, options } = confined(platform, root)
  const tar = await whichTar(platform, before).catch(error => {
    const ending = endingOf(error)
    throw ending === undefined ? error : confineError(what, root, ending)
  })
  return {
    tar,
    async extract(archive, { doing, size, compression }) {
      const packed = tar === 'gnu' && compression !== undefined ? [compression] : []
      let done = 0
      archive.on('data', (data: Buffer) => {
        done += data.length
        progress(doing, done, size)
      })
      const argv = [...before, ...EXTRACT[tar], ...packed, ...options]
      const { status, stderr } = await feed(argv, archive, { platform })
      if (status !== 0) throw unpackError(what, target, stderr, status)
    },
  }
}

export async function whichTar(platform: Platform, before: readonly string[] = []): Promise<Tar> {
  const { stdout } = await run([...before, 'tar', '--version'], { timeoutMs: 60_000, platform })
  return stdout.startsWith('bsdtar') ? 'bsdtar' : 'gnu'
}

const confineError = (what: string, root: string, { stderr, status }: Ending): BeError => {
  const said = stderr.trim().split('\n').at(-1) || `status ${status}`
  return new BeError(
    'BE_INSTALL_CONFINE',
    `${what} is not unpacked, for tar cannot be confined to ${root}: ${said}`,
    { hint: 'root has to have the right to mount: a container needs CAP_SYS_ADMIN' },
  )
}

/**
 * GNU tar ends such lines with the system's message: nothing is there in the sandbox, or it is another mount. libarchive
 * looks at each part of a name itself.
 */
const LEAVES =
  /: Cannot [a-z].*: (No such file or directory|Read-only file system|Invalid cross-device link)$|: Cannot extract through symlink |: Path (contains '\.\.'|is absolute)/

/** The error for tar's messages: the first one is the cause of the others. */
export function unpackError(
  what: string,
  { root, platform }: Pick<Target, 'root' | 'platform'>,
  stderr: string,
  status?: number,
): BeError {
  const lines = stderr.split('\n').map(line => line.trim())
  const program = lines.map(missingProgram).find(Boolean)
  if (program !== undefined) return programMissing(program, platform)
  if (/: (No space left on device|Disk quota exceeded)$/m.test(stderr)) {
    return new BeError('BE_FILE_NO_SPACE', `no space left in ${root} while ${what} was unpacked`, {
      hint: 'free some, then run it again: it goes on where it stopped',
    })
  }
  const said = lines.find(line => line !== '' && !/: (Removing leading|Exiting with)/.test(line))
  if (said !== undefined && LEAVES.test(said)) {
    return new BeError('BE_INSTALL_LINK', `${what} has a name that leads out of ${root}: ${said}`, {
      expected: 'names and hard links that stay in the boot environment',
    })
  }
  return new BeError(
    'BE_INSTALL_UNPACK',
    `${what} cannot be unpacked into ${root}: ${said ?? (status === undefined ? 'tar was killed' : `tar ended with status ${status}`)}`,
    { hint: 'is it an archive, and whole?' },
  )
}

/** The decompressor that a line says is missing. */
const missingProgram = (line: string): string | undefined =>
  /^tar \((?:grand)?child\): (\w+): Cannot exec|Can't launch external program: (\w+)/
    .exec(line)
    ?.slice(1)
    .find(Boolean)
