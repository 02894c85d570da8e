import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('serve, without descriptors', () => {
  const tmp = temporaryDirectory()

  it('answers by UDP and writes leases and events; TCP connections are closed, and served afterwards', async () => {
    const script = fileURLToPath(new URL('out-of-descriptors.ts', import.meta.url))
    const argv = ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, script, tmp.path]
    const { failed, logged, status, events } = JSON.parse((await run(argv, { timeoutMs: 15_000 })).stdout)
    assert.equal(failed, 0)
    assert.match(logged, /bound 02:00:00:00:13:87 10\.0\.0\.9/, 'the last one')
    assert.equal(status, 204)
    assert.equal(events.at(-1), 'after')
    assert.ok(events.includes('during'))
  })
})
