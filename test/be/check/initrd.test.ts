import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { mountsNfs } from '../../../src/be/check/initrd.ts'
import { TreeReader } from '../../../src/be/tree/read.ts'
import { cpio } from '../../rig/cpio.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const archive = (...paths: string[]) =>
  cpio(paths.map(path => ({ path, type: 'file' as const, data: Buffer.from(path.repeat(50_000)) })))

const by =
  (...argv: string[]) =>
  (data: Buffer): Buffer =>
    execFileSync(argv[0]!, [...argv.slice(1), '-c'], { input: data, maxBuffer: 1 << 26 })

const MICROCODE = archive('kernel/x86/microcode/GenuineIntel.bin')
const WITH = archive('bin/sh', 'bin/nfsmount')
const WITHOUT = archive('bin/sh', 'scripts/local')

describe('whether an initial RAM disk mounts NFS', () => {
  const tmp = temporaryDirectory()
  const mounts = async (name: string, maxBytes?: number) => {
    using file = new TreeReader(tmp.path).open(name)
    return await mountsNfs(file!, maxBytes)
  }
  const look = (data: Buffer) => {
    writeFileSync(join(tmp.path, 'initrd'), data)
    return mounts('initrd')
  }

  for (const [name, pack] of [
    ['plain', (data: Buffer) => data],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['xz', by('xz', '--check=crc32')],
    ['lzma', by('xz', '--format=lzma')],
    ['bzip2', by('bzip2')],
  ] as const) {
    it(`${name}, alone and behind microcode`, async () => {
      assert.equal(await look(pack(WITH)), true)
      assert.equal(await look(pack(WITHOUT)), false)
      assert.equal(await look(Buffer.concat([MICROCODE, pack(WITH)])), true)
      assert.equal(await look(Buffer.concat([MICROCODE, Buffer.alloc(512), pack(WITHOUT)])), false)
    })
  }

  it('a hostile one is given up: a size that wraps around, zeros without end', async () => {
    const header = ['070701', '00000000'.repeat(11), 'ffffff92', '00000000'].join('')
    assert.equal(await look(Buffer.from(header)), false)
    writeFileSync(join(tmp.path, 'zeros'), '')
    truncateSync(join(tmp.path, 'zeros'), 64 << 20)
    assert.equal(await mounts('zeros'), false)
    truncateSync(join(tmp.path, 'zeros'), 2 ** 40)
    assert.equal(await mounts('zeros'), undefined)
  })

  it('compressed in several pieces; unknown for zstd, of which only the first is decompressed', async () => {
    for (const [pack, verdict] of [
      [gzipSync, true],
      [by('xz'), true],
      [zstdCompressSync, undefined],
    ] as const) {
      const [head, tail] = [WITH.subarray(0, 1000), WITH.subarray(1000)]
      assert.equal(await look(Buffer.concat([pack(head), pack(tail)])), verdict)
    }
  })

  it('unknown: damaged, truncated, no program to decompress it', async () => {
    assert.equal(await look(Buffer.from('070701 nonsense')), undefined)
    for (const pack of [gzipSync, zstdCompressSync, by('xz')]) {
      const packed = pack(WITHOUT)
      assert.equal(await look(packed.subarray(0, packed.length / 2)), undefined)
    }
    const { PATH } = process.env
    const xz = by('xz')(WITHOUT)
    try {
      process.env.PATH = '/nonexistent'
      assert.equal(await look(xz), undefined)
    } finally {
      process.env.PATH = PATH
    }
  })

  it('one that decompresses without end is given up', async () => {
    for (const pack of [gzipSync, zstdCompressSync, by('xz')]) {
      writeFileSync(join(tmp.path, 'zeros'), pack(Buffer.alloc(2 << 20)))
      assert.equal(await mounts('zeros', 1 << 20), undefined)
      assert.equal(await mounts('zeros'), false)
    }
  })
})
