import assert from 'node:assert/strict'
import { join } from 'node:path'
import { load } from '../../src/config/load.ts'
import { Lab } from '../../src/lab/lab.ts'
import { deviceOf } from '../../src/net/device.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { Service } from '../../src/serve/service.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { wakeMachine } from '../../src/verbs/machines/wake.ts'
import { FakeRoute } from '../support/fake-route.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** An address that this host has, so that the lab has an interface. */
const LAB = '127.0.0.1'
const DEVICE = deviceOf(LAB)

describe('a FreeBSD host whose broadcasts leave by another interface', () => {
  const tmp = temporaryDirectory()
  let net: SimNetwork
  let route: FakeRoute
  let said: string[]

  beforeEach(() => {
    net = new SimNetwork()
    route = new FakeRoute('em0')
    said = []
  })

  function makeLab(routes: 'true' | 'false'): Lab {
    const flags = {
      'lab.address': `${LAB}/24`,
      'dhcp.mode': 'authority',
      'dhcp.authoritative': 'true',
      'dhcp.route': routes,
      'nfs.driver': 'none',
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'pxe.dir': join(tmp.path, 'pxe'),
    }
    const { clock } = net
    const say = (line: string) => said.push(line)
    const effective = { ...load({ flags }), platform: 'freebsd' as const }
    return new Lab(effective, { network: net.host(LAB), clock, say, run: route.run })
  }

  /** The events of a service that was started and stopped, and the interface of broadcasts in between. */
  async function serve(lab: Lab): Promise<{ events: SessionRecord[]; by: string | undefined }> {
    const events: SessionRecord[] = []
    const service = new Service(lab, record => events.push(record))
    await net.clock.until(service.start())
    const { by } = route
    await net.clock.until(service.stop())
    lab.close()
    return { events, by }
  }

  it('be serve says so, with the line that cures it: else nobody gets an OFFER, and nothing is said', async () => {
    const { events, by } = await serve(makeLab('false'))
    const { level, detail } = events.find(({ event }) => event === 'dhcp:route-wrong')!
    assert.equal(level, 'error')
    const line = `broadcasts leave by em0, not into the lab; route add -host 255.255.255.255 -iface ${DEVICE}`
    assert.equal(detail?.why, line)
    assert.equal(by, 'em0')
  })

  it('with dhcp.route it adds the route while it runs, and takes it back', async () => {
    const { events, by } = await serve(makeLab('true'))
    assert.equal(by, DEVICE)
    assert.equal(events.filter(({ event }) => event === 'dhcp:route-added').length, 1)
    assert.equal(route.by, 'em0')
  })

  it('be wol says so too', async () => {
    const lab = makeLab('false')
    await net.clock.until(wakeMachine(lab, { machine: '02:00:00:00:00:01' }))
    assert.match(said.join('\n'), /^warning: broadcasts leave by em0, not into the lab; route add /)
    lab.close()
  })
})
