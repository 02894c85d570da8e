import assert from 'node:assert/strict'
import { descriptorLimit } from '../../src/host/descriptors.ts'
import { run } from '../../src/host/run.ts'
import { fitted } from '../../src/serve/capacity.ts'

const WANTED = { transfers: 2000, connections: 2048 }

describe('serve/capacity', () => {
  it('is what the settings say where descriptors last', () => {
    assert.equal(fitted(WANTED, 1, 524_288), WANTED)
    assert.equal(fitted(WANTED, 1, undefined), WANTED)
  })

  it('is as much of it as the limit allows, and leaves some for DHCP, logs and NFS', () => {
    for (const limit of [1024, 4096, 8192]) {
      const { transfers, connections } = fitted(WANTED, 1, limit)
      assert.ok(2 * (transfers + connections) <= limit - 256 - limit / 5, `${limit}`)
      assert.ok(transfers + connections > limit / 8, `${limit}`)
    }
    const one = fitted(WANTED, 1, 4096)
    const two = fitted(WANTED, 2, 4096)
    assert.ok(2 * two.connections <= one.connections + 1)
    assert.deepEqual(fitted(WANTED, 1, 64), { transfers: 1, connections: 1 })
  })

  it('finds out the limit of this process', async () => {
    const shell = await run(['sh', '-c', 'ulimit -n'], { timeoutMs: 10_000 })
    assert.equal(String(descriptorLimit() ?? 'unlimited'), shell.stdout.trim())
  })
})
