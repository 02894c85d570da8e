import assert from 'node:assert/strict'
import { load } from '../../src/config/load.ts'
import type { KeyName } from '../../src/config/schema.ts'
import { BeError } from '../../src/errors/errors.ts'
import type { Host } from '../../src/host/host.ts'
import { driverOrLater, makeDriver, nfsServerOf, openNfsHost } from '../../src/lab/nfs-host.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import type { NfsDriver } from '../../src/nfs/driver.ts'
import { noneDriver } from '../../src/nfs/drivers/none.ts'
import { NfsHost } from '../nfs/nfs-host.ts'
import { beError } from '../support/errors.ts'
import { FakeFreebsd } from '../support/fake-freebsd.ts'
import { FakeHost } from '../support/fake-host.ts'
import { FakeLinux } from '../support/fake-linux.ts'

describe('lab/nfs-host', () => {
  let nfs: NfsHost
  beforeEach(async () => {
    nfs = await NfsHost.start()
  })
  afterEach(() => nfs.server.stop())

  const settings = (flags: Partial<Record<KeyName, string>>) => load({ flags }).settings
  const chosen = async (host: Host, flags: Partial<Record<KeyName, string>> = {}): Promise<string> => {
    const ground = { network: nodeNetwork, clock: nodeClock, address: '127.0.0.1', warn: () => {} }
    return (await makeDriver({ settings: settings(flags), host, ...ground })).name
  }

  it('auto: the NFS server of the system, if it is enabled', async () => {
    const freebsd = new FakeFreebsd(nfs)
    assert.equal(await chosen(freebsd), 'freebsd')
    freebsd.rc.clear()
    assert.equal(await chosen(freebsd), 'freebsd', 'started by hand')
    freebsd.processes = []
    assert.equal(await chosen(freebsd), 'embedded')
    const linux = new FakeLinux(nfs)
    assert.equal(await chosen(linux), 'linux')
    linux.files.set('/proc/fs/nfsd/threads', '0\n')
    assert.equal(await chosen(linux), 'embedded')
    assert.equal(await chosen(new FakeHost('linux')), 'embedded', 'no server there at all: ours')
    assert.equal(await chosen(new FakeHost('freebsd')), 'embedded')
    const away = Object.assign(new FakeHost('linux'), { local: false })
    assert.equal(await chosen(away), 'none', 'ours serves here alone')
  })

  it('a named driver is used without detection', async () => {
    assert.equal(await chosen(new FakeHost('linux'), { 'nfs.driver': 'linux' }), 'linux')
    assert.equal(await chosen(new FakeLinux(nfs), { 'nfs.driver': 'none' }), 'none')
  })

  it('ganesha cannot be used on another host: it is our own process', async () => {
    const away = Object.assign(new FakeLinux(nfs), { local: false, name: 'root@nas' })
    await assert.rejects(chosen(away, { 'nfs.driver': 'ganesha' }), beError('BE_NFS_HOST', /root@nas/))
  })

  it('a storage host that is down when the service starts is tried again; a wrong setting is an error', async () => {
    const started: number[] = []
    const there: NfsDriver = {
      ...noneDriver('linux'),
      start: async shares => void started.push(shares.length),
    }
    let answer: BeError | NfsDriver = new BeError('BE_SSH_UNREACHABLE', 'nas is down')
    const find = async (): Promise<NfsDriver> => {
      if (answer instanceof BeError) throw answer
      return answer
    }
    const driver = await driverOrLater(find)
    await assert.rejects(driver.start!([]), beError('BE_SSH_UNREACHABLE'))
    answer = there
    await driver.start!([])
    assert.deepEqual(started, [0])
    answer = new BeError('BE_NFS_HOST', 'ganesha there')
    await assert.rejects(driverOrLater(find), beError('BE_NFS_HOST'))
  })

  it('machines mount from nfs.server, or else from the address of nfs.host; a host name is refused', async () => {
    assert.equal(nfsServerOf(settings({})), undefined)
    assert.equal(nfsServerOf(settings({ 'nfs.host': 'ssh://root@192.168.2.5' })), '192.168.2.5')
    const both = { 'nfs.host': 'ssh://nas', 'nfs.server': '192.168.2.5' }
    assert.equal(nfsServerOf(settings(both)), '192.168.2.5')
    assert.throws(() => nfsServerOf(settings({ 'nfs.host': 'ssh://nas' })), beError('BE_NFS_SERVER', /nas/))
    await assert.rejects(
      openNfsHost(settings({ 'nfs.host': 'ssh://nas' }), 'linux'),
      beError('BE_NFS_SERVER'),
    )
    assert.equal((await openNfsHost(settings({}), 'linux')).local, true)
  })
})
