import assert from 'node:assert/strict'
import { memoryFile } from '../../src/boot/files/memory-file.ts'
import { FileBody } from '../../src/http/file-body.ts'

const BYTES = Buffer.alloc(2_000_000, 'nbe0123456789')

describe('http/file-body', () => {
  const reads: number[] = []
  let reserved: number
  let room: number

  const account = {
    reserve(bytes: number) {
      if (reserved + bytes > room) return false
      reserved += bytes
      return true
    },
    release(bytes: number) {
      reserved -= bytes
    },
  }

  const body = () => {
    const file = memoryFile('/f', BYTES)
    const read = async (offset: number, length: number) => {
      reads.push(length)
      return Buffer.from(await file.read(offset, length))
    }
    return new FileBody({ ...file, read }, { start: 0, length: BYTES.length }, () => {}, account)
  }

  const all = async (pieces: AsyncIterable<Buffer>): Promise<Buffer> => {
    const copies: Buffer[] = []
    for await (const piece of pieces) copies.push(Buffer.from(piece))
    return Buffer.concat(copies)
  }

  beforeEach(() => {
    reads.length = reserved = 0
    room = Number.POSITIVE_INFINITY
  })

  it('a client that reads nothing costs a small piece', async () => {
    const unread = body()
    await unread.next()
    await new Promise(setImmediate)
    assert.deepEqual(reads, [16 << 10])
    assert.equal(reserved, 0)
    await unread.return()
  })

  it('one that reads gets large pieces, and their memory is given back', async () => {
    assert.ok((await all(body())).equals(BYTES))
    assert.deepEqual(reads.slice(0, 3), [16 << 10, 64 << 10, 64 << 10])
    assert.equal(reserved, 0)
  })

  it('without memory for large pieces the file is sent in small ones', async () => {
    room = 0
    assert.ok((await all(body())).equals(BYTES))
    assert.ok(reads.every(length => length <= 16 << 10))
  })
})
