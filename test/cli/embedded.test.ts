import assert from 'node:assert/strict'
import { Lab } from '../rig/lab.ts'
import { assertFailure, CommandLine } from '../support/command-line.ts'

describe('be with its own NFS server', function () {
  this.timeout(60_000)
  let lab: Lab
  let line: CommandLine

  before(async () => {
    lab = await Lab.open()
  })
  after(() => lab?.close())
  beforeEach(async () => {
    line = new CommandLine(lab, { NBE_NFS_DRIVER: 'embedded' })
    await line.be('create', '-l', 'flat', 'head')
  })
  afterEach(async () => {
    await line.be('destroy', '-F', 'head')
    await line.close()
  })

  it('sharing before be serve runs fails with one line, but the share is served when it does', async () => {
    const early = await line.be('sharenfs', 'head')
    assert.equal(early.status, 0)
    assert.match(early.err, /^be: warning: \/ROOT\/head is served as soon as be serve runs\n/)
    const down = await line.be('emit', 'loader-env', 'head')
    assertFailure(down, 'BE_PORTMAP_DOWN', 69)
    assert.match(down.err, /^be: be serve, which is the NFS server here, does not answer; start it/)
    await line.serve()
    const late = await line.be('sharenfs', 'head', '--json')
    const emitted = await line.be('emit', 'loader-env', 'head')
    const { handle } = JSON.parse(late.out) as { handle: string }
    assert.match(emitted.out, new RegExp(`nfshandle="X${handle}X"`))
  })

  it('emits no text that has nothing to load', async () => {
    await line.serve()
    await line.done('create', 'empty')
    await line.done('sharenfs', 'empty')
    await line.fails('BE_NOT_BOOTABLE', 69, 'emit', 'ipxe', 'empty')
    await line.done('destroy', '-F', 'empty')
  })

  it('share and unshare by another process take effect at once in be serve', async () => {
    await line.serve()
    for (const _ of [1, 2]) {
      assert.equal((await line.be('sharenfs', 'head')).err.includes('as soon as'), false)
      assert.equal((await line.be('unshare', 'head')).status, 0)
    }
  })

  it('reports what it cannot do: writable shares, another server on its port', async () => {
    assertFailure(await line.be('sharenfs', '--rw', 'head'), 'BE_NFS_READ_ONLY', 78)
    const script = `require('net').createServer().listen(2049, '192.168.77.1', () => console.log('here'))`
    const other = lab.start([process.execPath, '-e', script])
    await other.transcript.waitFor(/^here$/m, 20_000)
    const refused = await line.be('serve')
    await other.stop()
    assertFailure(refused, 'BE_NFS_PORT_TAKEN', 69)
    assert.match(refused.err, /by \S+ \(pid \d+\).*nfs\.driver/)
  })
})
