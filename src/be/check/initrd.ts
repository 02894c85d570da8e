import { pipeline, type Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { filter } from '../../host/filter.ts'
import type { OpenFile } from '../tree/open-file.ts'

/** The program that mounts the root: nfsmount (klibc: initramfs-tools, mkinitcpio) or mount.nfs (nfs-utils: dracut). */
const NFS_MOUNT_PROGRAMS = ['nfsmount', 'mount.nfs'].map(text => Buffer.from(text))
const OVERLAP_BYTES = 16

type Decompress = (packed: Readable, size: number) => AsyncIterable<Buffer>

const program =
  (...argv: string[]): Decompress =>
  packed =>
    filter(argv, packed)

/** By first bytes (hex): what a Linux kernel decompresses (lib/decompress.c), except lzo. */
const DECOMPRESSORS: [magic: string, decompress: Decompress][] = [
  ['1f8b', packed => pipeline(packed, createGunzip(), () => {})],
  ['28b52ffd', unzstd],
  ['fd377a585a00', program('xz', '-dc')],
  ['5d0000', program('xz', '-dc', '--format=lzma')],
  ['425a68', program('bzip2', '-dc')],
  ['02214c18', program('lz4', '-dc')],
]

/** Node decompresses the first frame only, or fails on what follows it; throws when there was more. */
async function* unzstd(packed: Readable, size: number): AsyncGenerator<Buffer> {
  const plain = createZstdDecompress()
  yield* pipeline(packed, plain, () => {})
  if (plain.bytesWritten < size) throw new Error('more data behind the first frame')
}

/**
 * Whether an initial RAM disk contains a program that mounts a root on NFS. It is a cpio(5) archive, compressed or not,
 * behind uncompressed ones (microcode). Undefined: damaged, too large, or this host cannot decompress it.
 */
export async function mountsNfs(file: OpenFile, maxBytes = MAX_BYTES): Promise<boolean | undefined> {
  try {
    const start = await afterPlainArchives(file)
    if (await containsNfsMount(file.stream(0, start), maxBytes)) return true
    const magic = Buffer.alloc(6)
    if ((await file.read(magic, start)) === 0) return false
    const how = DECOMPRESSORS.find(([first]) => magic.toString('hex').startsWith(first))?.[1]
    return how && (await containsNfsMount(how(file.stream(start), Number(file.stat.size) - start), maxBytes))
  } catch {
    return undefined
  }
}

async function containsNfsMount(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<boolean> {
  let before: Buffer = Buffer.alloc(0)
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > maxBytes) throw new Error('too large')
    const both = Buffer.concat([before, piece])
    if (NFS_MOUNT_PROGRAMS.some(needle => both.includes(needle))) return true
    before = both.subarray(-OVERLAP_BYTES)
  }
  return false
}

const HEADER_BYTES = 110
/** Zeros between archives (bytes): normally they fill a block; a hostile file may have any number. */
const MAX_PADDING = 64 * 1024
/** Larger than any initial RAM disk, compressed or not. */
const MAX_BYTES = 1 << 30

/** Rounded up to 4 bytes; not by bit operations, which would wrap around at 32 bits. */
const padded = (length: number): number => Math.ceil(length / 4) * 4

/** The offset of the first byte behind the leading uncompressed "newc" archives (cpio(5)); 0 when there is none. */
async function afterPlainArchives(file: OpenFile): Promise<number> {
  const size = Number(file.stat.size)
  if (size > MAX_BYTES) throw new Error('too large')
  const head = Buffer.alloc(HEADER_BYTES)
  let at = 0
  let end = 0
  while (at < size && at - end <= MAX_PADDING) {
    const bytesRead = await file.read(head, at)
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
