import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectLocal, listenLocal } from '../../src/net/local-socket.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('net/local-socket', () => {
  const tmp = temporaryDirectory()

  it('carries bytes both ways, with access for the owner only, and replaces a file that was left', async () => {
    const path = join(tmp.path, 'socket')
    writeFileSync(path, 'left behind')
    const server = await listenLocal(path, connection => {
      connection.onData(data => connection.write(Buffer.from(`<${data}>`)))
    })
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const client = await connectLocal(path)
    const heard = new Promise<string>(done => client.onData(data => done(String(data))))
    client.write(Buffer.from('hello'))
    assert.equal(await heard, '<hello>')
    const closed = new Promise<void>(done => client.onClose(() => done()))
    server.close()
    await closed
  })

  it('reports a path where nothing listens, and one where it cannot listen', async () => {
    await assert.rejects(connectLocal(join(tmp.path, 'none')), beError('BE_LOCAL_SOCKET', /none: .*ENOENT/))
    await assert.rejects(
      listenLocal(join(tmp.path, 'no/such/socket'), () => {}),
      beError('BE_LOCAL_SOCKET'),
    )
  })
})
