import assert from 'node:assert/strict'
import { MemoryRelease } from '../../src/serve/memory.ts'

const MB = 1 << 20

describe('serve/memory', () => {
  let size: number
  let garbage: number
  let collections: number
  let memory: MemoryRelease

  beforeEach(() => {
    size = 100 * MB
    garbage = collections = 0
    memory = new MemoryRelease({
      size: () => size + garbage,
      collect: async () => {
        collections++
        garbage = 0
      },
    })
  })

  const check = async (megabytes: number): Promise<number> => {
    garbage = megabytes * MB
    await memory.check()
    return collections
  }

  it('collects garbage when the process has grown, and not as long as it is small', async () => {
    assert.equal(await check(100), 0)
    assert.equal(await check(150), 1)
    assert.equal(await check(10), 1)
  })

  it('collects again only after it has grown again: what is in use is no garbage', async () => {
    size = 300 * MB
    assert.equal(await check(0), 1)
    assert.equal(await check(20), 1)
    assert.equal(await check(50), 2)
    size = 150 * MB
    assert.equal(await check(0), 2)
    assert.equal(await check(100), 3)
  })

  it('collects by the inspector of this process', async () => {
    let held: WeakRef<object>
    ;(() => {
      held = new WeakRef({})
    })()
    // A WeakRef keeps its object until the end of the turn.
    await new Promise(setImmediate)
    let sizes = 0
    const real = new MemoryRelease({ size: () => (sizes++ === 0 ? 1000 * MB : 100 * MB) })
    await real.check()
    assert.equal(held!.deref(), undefined)
  })

  it('goes on when garbage cannot be collected', async () => {
    const broken = new MemoryRelease({
      size: () => 1000 * MB,
      collect: async () => {
        throw new Error('no inspector')
      },
    })
    await broken.check()
  })
})
