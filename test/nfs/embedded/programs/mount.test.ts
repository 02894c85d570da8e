import assert from 'node:assert/strict'
import { join } from 'node:path'
import { nodeClock, nodeNetwork } from '../../../../src/net/node.ts'
import { Volume } from '../../../../src/nfs/embedded/files/volume.ts'
import { exportList } from '../../../rpc/lists.ts'
import { beError } from '../../../support/errors.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'
import { type Serving, serve, share } from '../serving.ts'

describe('nfs/embedded/programs/mount', () => {
  const tmp = temporaryDirectory()
  let nfs: Serving

  beforeEach(async () => {
    nfs = await serve([share(tmp.path)])
  })
  afterEach(() => nfs.server.stop(1000))

  it('MNT takes any number of slashes at the end of a path, up to the longest path', async () => {
    const root = await nfs.client.mnt(tmp.path)
    assert.deepEqual(await nfs.client.mnt(`${tmp.path}${'/'.repeat(900)}`), root)
    for (const path of ['/'.repeat(1024), `${'/'.repeat(1000)}x`, '']) {
      await assert.rejects(nfs.udp.mnt(path), beError('BE_MNT_ACCES'))
    }
  })

  it('EXPORT lists each path with its clients, as they are now, to those who may mount it', async () => {
    const hosts = Array.from({ length: 500 }, (_, host) => `10.0.${host >> 8}.${host & 255}/32`)
    const mine = share(tmp.path, { clients: ['127.0.0.0/8', ...hosts] })
    nfs.shares = [mine, share(join(tmp.path, 'other'), { id: 4712, clients: hosts })]
    const context = { network: nodeNetwork, clock: nodeClock }
    const list = () => exportList(context, { address: '127.0.0.1', port: nfs.server.ports[1]! }, 'tcp')
    assert.deepEqual(await list(), [{ path: tmp.path, groups: mine.clients }])
    nfs.shares = [share(tmp.path, { clients: ['127.0.0.1/32'] })]
    assert.deepEqual(await list(), [{ path: tmp.path, groups: ['127.0.0.1/32'] }])
  })

  it('a volume admits the hosts of its networks, from the first to the last address', () => {
    const clients = ['10.1.2.0/24', '192.168.0.0/16', '10.9.9.9/32', '128.0.0.0/1']
    const volume = new Volume(share('/x', { clients }), '/x', 1)
    for (const address of ['10.1.2.0', '10.1.2.255', '192.168.255.255', '10.9.9.9', '255.1.1.1']) {
      assert.ok(volume.admits(address), address)
    }
    for (const address of ['10.1.1.255', '10.1.3.0', '10.9.9.8', '127.255.255.255', '0.0.0.0']) {
      assert.ok(!volume.admits(address), address)
    }
    volume.share = share('/x', { clients: ['10.9.9.8/32'] })
    assert.deepEqual([volume.admits('10.9.9.9'), volume.admits('10.9.9.8')], [false, true])
  })
})
