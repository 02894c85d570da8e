import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { load } from '../../src/config/load.ts'
import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import { Lab } from '../../src/lab/lab.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { Service } from '../../src/serve/service.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { request } from '../dhcp/support.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { LOADER } from './clients.ts'
import { SimNfsHost } from './nfs-host.ts'

const SERVER = '192.168.77.1'
const GATE = '10.1.0.1'
const HANDLE = Buffer.from('de3c6a5b000000000a000000aabbccdd001122334455667701020304', 'hex')

describe('an appliance with a network behind a relay agent', () => {
  const tmp = temporaryDirectory()
  let net: SimNetwork
  let lab: Lab
  let service: Service

  beforeEach(async () => {
    net = new SimNetwork()
    const flags = {
      'lab.address': `${SERVER}/24`,
      'lab.router': '192.168.77.254',
      'dhcp.mode': 'authority',
      'nfs.driver': 'none',
      'dhcp.subnets': `10.1.0.0/25 router=${GATE} pool=10.1.0.100-10.1.0.110`,
      'dhcp.options': 'subnet=192.168.77.0/24 interface-mtu=9000; subnet=10.1.0.0/25 interface-mtu=1400',
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'exports.dir': join(tmp.path, 'state/exports.d'),
      'pxe.dir': join(tmp.path, 'pxe'),
    }
    for (const path of ['boot/loader.efi', 'boot/kernel/kernel']) {
      const file = join(tmp.path, 'ROOT/fb14', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, path)
    }
    const nfs = await SimNfsHost.on(net, SERVER)
    nfs.exports.set(join(tmp.path, 'ROOT/fb14'), HANDLE)
    const ground = { network: net.host(SERVER), clock: net.clock }
    lab = new Lab({ ...load({ flags }), platform: 'freebsd' }, ground)
    service = new Service(lab, () => {})
    await net.clock.until(service.start())
  })

  afterEach(async () => {
    await net.clock.until(service.stop())
    lab.close()
  })

  /** The offer to a loader behind the relay agent. */
  async function ask(): Promise<DhcpMessage> {
    const relay = await net.host(GATE).udp({ address: GATE, port: 67 })
    const answer = new Promise<DhcpMessage>(done => relay.onMessage(data => done(decode(data))))
    relay.send(encode(request(1, LOADER.options, { giaddr: GATE })), { address: SERVER, port: 67 })
    return net.clock.until(answer)
  }

  it('tells its machines their own netmask and router, and exports to them', async () => {
    await net.clock.until(sharePxe(lab, { name: 'fb14', machines: [] }))
    assert.deepEqual(lab.shares.get('fb14')?.clients, ['192.168.77.0/24', '10.1.0.0/25'])
    const offer = await ask()
    assert.equal(offer.yiaddr, '10.1.0.100')
    assert.deepEqual(option(offer, 1), addressBytes('255.255.255.128'))
    assert.deepEqual(option(offer, 3), addressBytes(GATE))
    assert.equal(option(offer, 26)?.readUInt16BE(), 1400, "another network's option")
    assert.ok(String(option(offer, 17)).startsWith(`${SERVER}:`), 'the root stays where it is')
  })

  it("accepts a fixed address there, but none of an unknown network, nor the router's", () => {
    const add = (ip: string) =>
      addMachine(lab, { name: `m${ip.replaceAll('.', '-')}`, mac: '02:00:00:00:00:07', fields: { ip } })
    assert.throws(() => add('10.1.0.200'), { code: 'BE_MACHINE_IP' })
    assert.throws(() => add(GATE), { code: 'BE_MACHINE_IP' })
    assert.equal(add('10.1.0.9').ip, '10.1.0.9')
  })
})
