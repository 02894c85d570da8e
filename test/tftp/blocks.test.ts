import assert from 'node:assert/strict'
import type { BootFile } from '../../src/boot/files/boot-file.ts'
import { memoryFile } from '../../src/boot/files/memory-file.ts'
import { BlockCache } from '../../src/tftp/blocks.ts'
import { buildData } from '../../src/tftp/packet.ts'
import { MemoryFiles, pattern } from './support.ts'

const MIB = 1024 * 1024

describe('tftp blocks', () => {
  const opened = async (files: MemoryFiles, path: string) => (await files.open(path))!

  it('cuts a file into DATA packets whose last one is short, or empty', async () => {
    for (const size of [0, 1, 511, 512, 513, 1024, 300_000, 2 * MIB]) {
      const bytes = pattern(size)
      const blocks = new BlockCache(64 * MIB).split(memoryFile('/f', bytes), 512)
      assert.equal(blocks.count, Math.floor(size / 512) + 1)
      for (let block = 1; block <= blocks.count; block++) {
        if (blocks.packet(block) === undefined) await blocks.load(block)
        const expected = buildData(block, bytes.subarray((block - 1) * 512, block * 512))
        assert.ok(blocks.packet(block)!.equals(expected), `block ${block} of ${size} bytes`)
      }
      await blocks.close()
    }
  })

  it('reads a file once for all machines that boot it together', async () => {
    const files = new MemoryFiles().add('/loader', pattern(600_000))
    const cache = new BlockCache(64 * MIB)
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => cache.split(await opened(files, '/loader'), 1468)),
    )
    for (const block of [1, 200, 400]) await Promise.all(all.map(blocks => blocks.load(block)))
    assert.equal(files.reads, 3)
    assert.strictEqual(all[0]!.packet(400)!.buffer, all[19]!.packet(400)!.buffer)
  })

  it('keeps its memory within the limit and still serves files above it', async () => {
    const files = new MemoryFiles().add('/big', pattern(3 * MIB))
    const cache = new BlockCache(MIB)
    const blocks = cache.split(await opened(files, '/big'), 1024)
    for (let block = 1; block <= blocks.count; block++) {
      blocks.release(block)
      if (blocks.packet(block) === undefined) await blocks.load(block)
      assert.equal(blocks.packet(block)!.readUInt16BE(2), block)
      assert.ok(cache.bytes <= MIB)
    }
    assert.equal(files.reads, 13)
  })

  it('blocks of 8 bytes take no more memory than others: their packets are counted, not their bytes alone', async () => {
    const files = new MemoryFiles().add('/big', pattern(2 * MIB))
    const cache = new BlockCache(4 * MIB)
    const blocks = cache.split(await opened(files, '/big'), 8)
    await blocks.load(1)
    let cut = 0
    while (blocks.packet(cut + 1) !== undefined) cut++
    assert.ok(cut <= 1024, `${cut} packets in one piece`)
    assert.ok(cache.bytes >= cut * 100, `${cache.bytes} bytes for ${cut} packets`)
    for (let block = 1; block <= blocks.count; block += cut) {
      blocks.release(block)
      await blocks.load(block)
      assert.equal(blocks.packet(block)!.length, block === blocks.count ? 4 : 12)
    }
    assert.ok(cache.bytes <= 4 * MIB)
    await blocks.close()
  })

  it('many transfers at a time hold small pieces each, not 256 KB', async () => {
    const files = new MemoryFiles().add('/big', pattern(MIB))
    const cache = new BlockCache(MIB)
    const sizes: number[] = []
    const all = await Promise.all(
      Array.from({ length: 6 }, async () => cache.split(await opened(files, '/big'), 1024)),
    )
    for (const blocks of all) {
      await blocks.load(1)
      sizes.push(blocks.packet(1)!.buffer.byteLength >> 10)
    }
    assert.deepEqual(sizes, [257, 257, 257, 257, 32, 32])
    for (const blocks of all) await blocks.close()
    const alone = cache.split(await opened(files, '/big'), 1024)
    await alone.load(1)
    assert.equal(alone.packet(1)!.buffer.byteLength >> 10, 257)
  })

  it('the next transfer of a file that changed on disk gets the new content', async () => {
    const files = new MemoryFiles().add('/f', 'old')
    const cache = new BlockCache(MIB)
    const first = cache.split(await opened(files, '/f'), 512)
    await first.load(1)
    files.add('/f', 'new')
    const second = cache.split(await opened(files, '/f'), 512)
    await second.load(1)
    assert.equal(first.packet(1)!.toString('latin1', 4), 'old')
    assert.equal(second.packet(1)!.toString('latin1', 4), 'new')
  })

  it('rejects when a file became shorter, instead of ending the transfer early', async () => {
    const file: BootFile = { ...memoryFile('/f', pattern(100)), size: 5000 }
    await assert.rejects(new BlockCache(MIB).split(file, 512).load(1)!, { code: 'BE_FILE_CHANGED' })
  })

  it('closes a file only after the read that another transfer waits for', async () => {
    let finish: (bytes: Buffer) => void = () => {}
    let closed = false
    const slow: BootFile = {
      ...memoryFile('/f', pattern(100)),
      read: () => new Promise(resolve => (finish = resolve)),
      close: async () => {
        closed = true
      },
    }
    const cache = new BlockCache(MIB)
    const one = cache.split(slow, 512)
    const other = cache.split(slow, 512)
    one.load(1)
    const loaded = other.load(1)
    const closing = one.close()
    await new Promise(setImmediate)
    assert.equal(closed, false)
    finish(pattern(100))
    await loaded
    assert.equal(other.packet(1)!.length, 104)
    await closing
    assert.equal(closed, true)
  })
})
