import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { load } from '../../src/config/load.ts'
import { Lab } from '../../src/lab/lab.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { call } from '../../src/rpc/client/call.ts'
import { MOUNT, NFS, PORTMAP, type Transport } from '../../src/rpc/programs.ts'
import { XdrWriter } from '../../src/rpc/xdr.ts'
import { Service } from '../../src/serve/service.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { shareEnvironments } from '../../src/verbs/shares/share.ts'
import { unshareEnvironments } from '../../src/verbs/shares/unshare.ts'
import { NfsClient, PROC } from '../nfs/embedded/nfs-client.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { freebsdKernel, freebsdLoader, LOADER, OVMF, SimMachine } from './clients.ts'

const SERVER = '192.168.77.1'
const MAC = '52:54:00:12:34:56'

describe('a whole boot from the embedded NFS server, on a simulated network', () => {
  const tmp = temporaryDirectory()
  let net: SimNetwork
  let lab: Lab
  let service: Service
  let events: SessionRecord[]
  const run = <T>(goal: Promise<T>): Promise<T> => net.clock.until(goal)

  function file(path: string, content: string | Buffer): void {
    const full = join(tmp.path, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
  }

  beforeEach(async () => {
    net = new SimNetwork()
    const given = {
      'lab.address': `${SERVER}/24`,
      'lab.pool': '192.168.77.100-192.168.77.110',
      'dhcp.mode': 'authority',
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'exports.dir': join(tmp.path, 'state/exports.d'),
      'pxe.dir': join(tmp.path, 'pxe'),
      'nfs.driver': 'embedded',
      'dhcp.subnets': '10.1.0.0/24 router=10.1.0.1',
      'log.level': 'debug',
    }
    for (const path of ['boot/pxeboot', 'boot/loader.efi']) file(`ROOT/fb14/${path}`, 'loader')
    file('ROOT/fb14/boot/kernel/kernel', Buffer.alloc(300_000, 'kernel'))
    file('ROOT/fb14/bin/freebsd-version', 'USERLAND_VERSION="14.1-RELEASE"\n')
    const effective = { ...load({ flags: given }), platform: 'linux' as const }
    lab = new Lab(effective, { network: net.host(SERVER), clock: net.clock })
    events = []
    service = new Service(lab, record => events.push(record))
    await run(service.start())
  })

  afterEach(async () => {
    await run(service.stop())
    lab.close()
    await net.clock.advance(100)
    assert.equal(net.clock.pending, 0, 'no timer left')
    assert.equal(net.ports.length, 0, 'no socket left')
    assert.equal(net.tcpListeners.size, 0, 'nothing listens')
  })

  it('loader and kernel read what sharepxe shared, and the log tells both', async () => {
    addMachine(lab, { name: 'm1', mac: MAC })
    await run(sharePxe(lab, { name: 'fb14', machines: ['m1'] }))
    const machine = new SimMachine(net, MAC)
    await run(machine.dhcp(OVMF))
    const { handle } = freebsdKernel(await run(freebsdLoader(machine, LOADER)))
    const where = { network: machine.host, clock: net.clock, address: SERVER, nfs: 2049, mount: 20048 }
    const loader = new NfsClient(where, 'udp')
    const kernel = await run(loader.walk(handle, 'boot/kernel/kernel'))
    assert.equal((await run(loader.readFile(kernel, 1024))).length, 300_000)
    const tcp = new NfsClient(where)
    await run(tcp.call(PROC.FSINFO, new XdrWriter().opaque(handle)))
    assert.deepEqual(await run(tcp.readFile(kernel, 65_536)), Buffer.alloc(300_000, 'kernel'))
    const own = events.filter(({ event, ip }) => /^nfs:(handle|mounted)$/.test(event) && ip !== undefined)
    const path = join(tmp.path, 'ROOT/fb14')
    assert.deepEqual(
      own.map(({ event, mac, machine, be, detail }) => [event, mac, machine, be, detail]),
      [
        ['nfs:handle', MAC, 'm1', 'fb14', { path, proto: 'udp' }],
        ['nfs:mounted', MAC, 'm1', 'fb14', { path, proto: 'tcp' }],
      ],
    )
  })

  it('shares are read-only: to ask for more is an error before anything is shared', async () => {
    await assert.rejects(run(shareEnvironments(lab, { names: ['fb14'], readOnly: false })), /read-only/)
    assert.equal(lab.shares.get('fb14'), undefined)
    await run(shareEnvironments(lab, { names: ['fb14'] }))
    assert.equal(lab.shares.get('fb14')?.readOnly, true)
  })

  describe('answers portmap, MOUNT and NFS to', () => {
    const transports: readonly Transport[] = ['udp', 'tcp']
    const programs = [
      { program: PORTMAP, port: 111 },
      { program: MOUNT, port: 20048 },
      { program: NFS, port: 2049 },
    ]

    /** Which of them answer a host with this address, by NULL. */
    async function answering(address: string): Promise<string[]> {
      const context = { network: net.host(address), clock: net.clock, timeoutMs: 500 }
      const answers: string[] = []
      for (const { program, port } of programs) {
        for (const transport of transports) {
          const what = { program, procedure: 0, to: { address: SERVER, port }, transport }
          const answer = run(call(context, { ...what, credential: 'root' })).then(
            () => answers.push(`${program.number} ${transport}`),
            () => {},
          )
          await answer
        }
      }
      return answers
    }

    it('the hosts of the lab and of networks behind relay agents', async () => {
      assert.equal((await answering('192.168.77.50')).length, 6)
      assert.equal((await answering('10.1.0.9')).length, 6)
      assert.equal((await answering(SERVER)).length, 6)
    })

    it('nobody else, which is counted and logged once for each', async () => {
      assert.deepEqual(await answering('10.2.0.9'), [])
      assert.deepEqual(await answering('192.0.2.7'), [])
      const dropped = events.filter(({ event }) => event === 'nfs:dropped')
      assert.deepEqual(
        dropped.map(({ ip }) => ip),
        ['10.2.0.9', '192.0.2.7'],
      )
      assert.ok(Number(dropped[1]!.detail!.total) > 6)
    })

    it('hosts that a share names', async () => {
      lab.settings['nfs.network'] = ['192.168.77.0/24', '10.2.0.9/32']
      await run(shareEnvironments(lab, { names: ['fb14'] }))
      assert.equal((await answering('10.2.0.9')).length, 6)
      assert.deepEqual(await answering('10.2.0.8'), [])
    })
  })

  it('unshare takes the handles of running machines back at once', async () => {
    const [root] = (await run(shareEnvironments(lab, { names: ['fb14'] })))!
    const host = net.host('192.168.77.50')
    const where = { network: host, clock: net.clock, address: SERVER, nfs: 2049, mount: 20048 }
    const client = new NfsClient(where)
    assert.equal((await run(client.getattr(root!.handle))).type, 2)
    await run(unshareEnvironments(lab, { names: ['fb14'] }))
    await assert.rejects(run(client.getattr(root!.handle)), { status: 70 })
  })
})
