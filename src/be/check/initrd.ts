import { createReadStream, type ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { filter } from '../../host/filter.ts'

/** klibc's and busybox's way, and nfs-utils': one of them mounts the root (initramfs-tools, mkinitcpio; dracut). */
const NFS_MOUNT_PROGRAMS = ['nfsmount', 'mount.nfs'].map(text => Buffer.from(text))
const OVERLAP = 16

type Unpack = (packed: ReadStream) => AsyncIterable<Buffer>

const program =
  (...argv: string[]): Unpack =>
  packed =>
    filter(argv, packed)

/** All that a Linux kernel unpacks (lib/decompress.c), but for lzo. */
const DECOMPRESSORS: [magic: string, how: Unpack][] = [
  ['1f8b', packed => pipeline(packed, createGunzip(), () => {})],
  ['28b52ffd', unzstd],
  ['fd377a585a00', program('xz', '-dc')],
  ['5d0000', program('xz', '-dc', '--format=lzma')],
  ['425a68', program('bzip2', '-dc')],
  ['02214c18', program('lz4', '-dc')],
]

/** Node ends with the first frame, or stumbles over what is behind it: that all was seen has to be seen to. */
async function* unzstd(packed: ReadStream): AsyncGenerator<Buffer> {
  const plain = createZstdDecompress()
  yield* pipeline(packed, plain, () => {})
  if (plain.bytesWritten < packed.bytesRead) throw new Error('there is more behind the first frame')
}

/**
 * Whether an initial RAM disk holds what mounts a root on NFS. It is an archive of cpio(5), packed or not, after
 * others that are not (microcode). Undefined: damaged, or packed by something that this host cannot undo.
 */
export async function mountsNfs(path: string, most = MAX_BYTES): Promise<boolean | undefined> {
  try {
    const start = await afterPlainArchives(path)
    if (await containsNfsMount(createReadStream(path, { end: Math.max(0, start - 1) }), most)) return true
    const magic = await bytesAt(path, start, 6)
    if (magic.length === 0) return false
    const how = DECOMPRESSORS.find(([first]) => magic.toString('hex').startsWith(first))?.[1]
    return how && (await containsNfsMount(how(createReadStream(path, { start })), most))
  } catch {
    return undefined
  }
}

async function containsNfsMount(stream: AsyncIterable<Buffer>, most: number): Promise<boolean> {
  let before: Buffer = Buffer.alloc(0)
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > most) throw new Error('too large')
    const both = Buffer.concat([before, piece])
    if (NFS_MOUNT_PROGRAMS.some(needle => both.includes(needle))) return true
    before = both.subarray(-OVERLAP)
  }
  return false
}

const HEADER_BYTES = 110
/** Zeros between archives fill a block at the most; a tree that anyone wrote may have no end of them. */
const MAX_PADDING = 64 * 1024
/** Larger is no initial RAM disk, packed or not. */
const MAX_BYTES = 1 << 30

/** Sums of 32-bit fields, which wrap round in bit operations. */
const padded = (length: number): number => Math.ceil(length / 4) * 4

/** Where the first byte lies that is of no plain "newc" archive: 0 when the first is one already (cpio(5)). */
async function afterPlainArchives(path: string): Promise<number> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (size > MAX_BYTES) throw new Error('too large')
  const head = Buffer.alloc(HEADER_BYTES)
  let at = 0
  let end = 0
  while (at < size && at - end <= MAX_PADDING) {
    const { bytesRead } = await file.read(head, 0, HEADER_BYTES, at)
    const field = (index: number) =>
      Number.parseInt(head.toString('latin1', 6 + index * 8, 14 + index * 8), 16)
    if (bytesRead === HEADER_BYTES && /^07070[12]$/.test(head.toString('latin1', 0, 6))) {
      at = at + padded(HEADER_BYTES + field(11)) + padded(field(6))
      if (Number.isNaN(at)) return size
      end = at
    } else if (head.readUInt32BE(0) === 0) at += 4
    else return at
  }
  return size
}

async function bytesAt(path: string, position: number, length: number): Promise<Buffer> {
  await using file = await open(path)
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
