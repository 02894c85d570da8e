import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { load } from '../../src/config/load.ts'
import { formatLease } from '../../src/dhcp/leases/lease.ts'
import { leasesFile } from '../../src/dhcp/leases/leased-address.ts'
import { Lab } from '../../src/lab/lab.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { attachedNetworks } from '../../src/serve/networks.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { wakeMachine } from '../../src/verbs/machines/wake.ts'
import { emit } from '../../src/verbs/plans/emit.ts'
import { SimNfsHost } from '../simulated/nfs-host.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const SERVER = '192.168.77.1'
const SECOND = '10.88.0.1'

describe('a host with two interfaces', () => {
  const tmp = temporaryDirectory()
  let net: SimNetwork
  let lab: Lab

  beforeEach(async () => {
    net = new SimNetwork()
    const flags = {
      'lab.address': `${SERVER}/24`,
      'lab.pool': '192.168.77.100-192.168.77.110',
      'dhcp.mode': 'authority',
      'nfs.driver': 'none',
      'dhcp.subnets': `10.88.0.0/24 address=${SECOND}; 10.1.0.0/24 router=10.1.0.1`,
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'exports.dir': join(tmp.path, 'state/exports.d'),
      'pxe.dir': join(tmp.path, 'pxe'),
    }
    const kernel = join(tmp.path, 'ROOT/fb14/boot/kernel/kernel')
    mkdirSync(dirname(kernel), { recursive: true })
    writeFileSync(kernel, '')
    const nfs = await SimNfsHost.on(net, SERVER)
    nfs.exports.set(join(tmp.path, 'ROOT/fb14'), Buffer.alloc(28, 7))
    const ground = { network: net.host(SERVER), clock: net.clock }
    lab = new Lab({ ...load({ flags }), platform: 'freebsd' }, ground)
  })

  afterEach(() => lab.close())

  it('has a DHCP server on each; relay agents belong to the first', () => {
    const [first, second, ...others] = attachedNetworks(lab)
    assert.deepEqual([first.address, second?.address, others], [SERVER, SECOND, []])
    assert.deepEqual(first.pool, ['192.168.77.100', '192.168.77.110'])
    assert.deepEqual(
      first.relayed?.map(({ router }) => router),
      ['10.1.0.1'],
    )
    assert.deepEqual(lab.subnets.addresses, [SERVER, SECOND])
  })

  it('gives a machine our address on its own network, for boot files and for its root', async () => {
    addMachine(lab, { name: 'm1', mac: '02:00:00:00:00:01', fields: { ip: '10.88.0.9' } })
    addMachine(lab, { name: 'm2', mac: '02:00:00:00:00:02', fields: { ip: '192.168.77.9' } })
    await net.clock.until(sharePxe(lab, { name: 'fb14', machines: ['m1', 'm2'] }))
    for (const [machine, address] of [
      ['m1', SECOND],
      ['m2', SERVER],
    ] as const) {
      const text = await net.clock.until(emit(lab, { kind: 'loader-env', name: 'fb14', machine }))
      assert.match(text, new RegExp(`boot.nfsroot.server="?${address.replaceAll('.', '\\.')}`), machine)
    }
    assert.equal(lab.subnets.factsFor('10.88.0.9').server, SECOND)
    assert.equal(lab.subnets.factsFor('10.1.0.9').server, SERVER, 'a relay agent is not our interface')
  })

  it('wakes a machine on the network of its last address, from our address there', async () => {
    addMachine(lab, { name: 'm1', mac: '02:00:00:00:00:01' })
    const broadcasts = async () => {
      const before = net.sent.length
      await wakeMachine(lab, { machine: 'm1' })
      return new Set(net.sent.slice(before).map(({ to }) => to.address))
    }
    assert.deepEqual(await broadcasts(), new Set(['192.168.77.255', '255.255.255.255']))
    const lease = { ip: '10.1.0.9', mac: '02:00:00:00:00:01', state: 'bound', until: 0 } as const
    writeFileSync(leasesFile(lab.stateDir), formatLease(lease))
    assert.deepEqual(await broadcasts(), new Set(['10.1.0.255', '255.255.255.255']))
  })

  it("refuses the host's own addresses for machines", () => {
    const add = () => addMachine(lab, { name: 'm1', mac: '02:00:00:00:00:01', fields: { ip: SECOND } })
    assert.throws(add, { code: 'BE_MACHINE_IP' })
  })
})
