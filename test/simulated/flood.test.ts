import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { sessionsFile } from '../../src/session/log.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { machineStatus } from '../../src/verbs/boots/status.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { callBackOf, freebsdLoader, LOADER, OVMF, reportUp, SimMachine } from './clients.ts'
import { SimSite } from './site.ts'

const MAC = '52:54:00:12:34:56'

describe('a host that makes up 12,000 hardware addresses', () => {
  const tmp = temporaryDirectory()
  let site: SimSite
  afterEach(() => site.stop())

  it('neither erases the boot of a machine of the inventory, nor rolls the log over', async () => {
    site = await SimSite.start(tmp.path)
    addMachine(site.lab, { name: 'm1', mac: MAC })
    await site.run(sharePxe(site.lab, { name: 'fb14', machines: ['m1'] }))
    const machine = new SimMachine(site.net, MAC)
    const ack = await site.run(machine.dhcp(OVMF))
    await site.run(machine.ovmfFetch(ack.siaddr, ack.file))
    const variables = await site.run(freebsdLoader(machine, LOADER))
    await site.net.clock.advance(200)
    const vendor = 'PXEClient:Arch:00007:UNDI:003000'
    for (let n = 0; n < 12_000; n++) {
      const mac = `66:${n.toString(16).padStart(10, '0').match(/../g)!.join(':')}`
      for (const event of ['dhcp:discover', 'dhcp:offer', 'boot:nothing', 'dhcp:request', 'dhcp:ack']) {
        site.lab.sessionLog.emit({ event, mac, stage: 'firmware', detail: { xid: `${n}`, vendor } })
      }
    }
    assert.equal((await site.run(reportUp(machine, callBackOf(variables)))).status, 200)
    await site.net.clock.advance(61_000)
    await site.lab.sessionLog.flush()
    const [first, ...others] = machineStatus(site.lab).machines
    assert.deepEqual([first?.machine, first?.stage, others.length], ['m1', 'up', 1000])
    assert.ok(statSync(sessionsFile(site.lab.stateDir)).size < 3 << 20)
    const { unknown } = site.last('log:left-out')!.detail!
    assert.ok(Number(unknown) > 45_000, `${unknown}`)
    assert.ok(site.events.length < 15_000, 'nor on standard error')
  })

  it('and offers of all addresses to it keep no machine of the inventory from booting', async () => {
    site = await SimSite.start(tmp.path)
    addMachine(site.lab, { name: 'm1', mac: MAC })
    for (let n = 0; n < 20; n++) {
      const stranger = new SimMachine(site.net, `66:00:00:00:00:${n.toString(16).padStart(2, '0')}`)
      await Promise.race([site.run(stranger.dhcp(OVMF)), site.net.clock.advance(100)]).catch(() => {})
    }
    assert.equal(site.count('dhcp:pool-full'), 1)
    assert.equal((await site.run(new SimMachine(site.net, MAC).dhcp(OVMF))).yiaddr, '192.168.77.100')
  })
})
