import assert from 'node:assert/strict'
import { proxyVendorOptions } from '../../src/boot/options/pxe.ts'
import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { subOptions } from '../../src/dhcp/options/sub-options.ts'
import { BeError } from '../../src/errors/errors.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import { beError } from '../support/errors.ts'
import {
  allDhcp,
  eventNames,
  isRequest,
  type Lab,
  OS,
  request,
  SERVER,
  sentBy,
  startLab,
  text,
  typeOf,
} from './support.ts'

const PROXY_PLAN = {
  siaddr: SERVER,
  file: 'ipxe.efi',
  options: [text(60, 'PXEClient'), [43, proxyVendorOptions(SERVER)] as DhcpOption],
}

const OVMF = sentBy('ovmf-loader_lua-nfs', '52:54:00:77:00:02')

describe('dhcp proxy', () => {
  let lab: Lab

  beforeEach(async () => {
    lab = await startLab({ mode: 'proxy', plan: async () => PROXY_PLAN })
  })

  afterEach(() => lab.stop())

  it('offers firmware a boot file and no address, by broadcast', async () => {
    const [offer] = await lab.ask(OVMF[0]!.payload)
    assert.equal(typeOf(offer), MESSAGE_TYPE.offer)
    assert.deepEqual([offer!.yiaddr, offer!.siaddr, offer!.file], ['0.0.0.0', SERVER, 'ipxe.efi'])
    assert.deepEqual(
      offer!.options.map(([code]) => code),
      [53, 54, 60, 43, 97],
    )
    assert.deepEqual(option(offer!, 97), option(decode(OVMF[0]!.payload), 97))
    assert.deepEqual(lab.replies[0]!.to, { address: '255.255.255.255', port: 68 })
    assert.equal(lab.leases.size, 0)
  })

  it('through a relay agent the offer, without an address, has the broadcast flag: else some agents drop it', async () => {
    const asked = { ...decode(OVMF[0]!.payload), giaddr: '192.168.77.9', hops: 1, flags: 0 }
    const [offer] = await lab.ask(asked, '192.168.77.9', { address: SERVER, port: 67 })
    assert.equal(offer!.flags & 0x8000, 0x8000)
    assert.deepEqual(lab.replies[0]!.to, { address: '192.168.77.9', port: 67 })
  })

  it('leaves the REQUEST on port 67 to the server that gives the address', async () => {
    assert.deepEqual(await lab.ask(OVMF[1]!.payload), [])
  })

  it('acknowledges a request to port 4011 from that port', async () => {
    const ask = decode(OVMF[0]!.payload)
    const asked = {
      ...ask,
      ciaddr: '192.168.77.50',
      options: [[53, Buffer.of(3)], ...ask.options.slice(1)] as typeof ask.options,
    }
    const seen = lab.net.sent.length
    lab.net.transmit({ address: '192.168.77.50', port: 4011 }, { address: SERVER, port: 4011 }, encode(asked))
    await lab.net.clock.advance(1)
    const [, reply] = lab.net.sent.slice(seen)
    assert.deepEqual(reply?.from, { address: SERVER, port: 4011 })
    assert.deepEqual(reply?.to, { address: '192.168.77.50', port: 4011 })
    const ack = decode(reply!.data)
    assert.deepEqual(
      [typeOf(ack), ack.file, ack.yiaddr, ack.ciaddr],
      [MESSAGE_TYPE.ack, 'ipxe.efi', '0.0.0.0', '192.168.77.50'],
    )
  })

  it('does not share port 4011: of two boot servers there, each would miss requests', async () => {
    const other = await nodeNetwork.udp({ address: '0.0.0.0', port: 0, reuse: true })
    const free = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
    free.close()
    const network = { ...nodeNetwork }
    const started = startLab({
      ...{ mode: 'proxy', network, port: free.local.port, proxyPort: other.local.port },
      lab: { address: '127.0.0.1', netmask: '255.0.0.0', pool: undefined },
    })
    await assert.rejects(started, beError('BE_PORT_TAKEN', new RegExp(`:${other.local.port} is in use`)))
    other.close()
  })

  describe('for a ROM that uses the boot menu (PXE 2.1, section 2.2)', () => {
    const AT = '192.168.77.50'
    const item = (hex: string): DhcpOption => [43, Buffer.from(`4704${hex}ff`, 'hex')]

    /** What a boot server on `to` answers to a REQUEST for a boot item. */
    async function boot(vendor: DhcpOption, to: { address: string; port: number }) {
      const { options, ...header } = decode(OVMF[0]!.payload)
      const asked: DhcpMessage = {
        ...header,
        ciaddr: AT,
        options: [[53, Buffer.of(MESSAGE_TYPE.request)], vendor, ...options.filter(([code]) => code !== 53)],
      }
      const seen = lab.net.sent.length
      lab.net.transmit({ address: AT, port: 68 }, to, encode(asked))
      await lab.net.clock.advance(1)
      const reply = lab.net.sent.slice(seen).find(({ from }) => from.address === SERVER)
      return reply && { to: reply.to, message: decode(reply.data) }
    }

    it('the offer names the menu, its one item and the one server for it', async () => {
      const [offer] = await lab.ask(OVMF[0]!.payload)
      const vendor = new Map(subOptions(option(offer!, 43)!))
      const type = vendor.get(9)!.subarray(0, 2)
      assert.equal(vendor.get(6)![0]! & 8, 8, 'most ROMs take the file of the offer')
      assert.deepEqual(vendor.get(8), Buffer.concat([type, Buffer.of(1, 192, 168, 77, 1)]))
      assert.equal(vendor.get(9)!.toString('latin1', 3), 'nbe')
      assert.equal(vendor.get(9)![2], 3)
      assert.equal(vendor.get(10)![0], 0, 'nobody is there to press a key')
    })

    it('a request for that item to port 4011 is acknowledged with the file and the item', async () => {
      const { to, message } = (await boot(item('80000000'), { address: SERVER, port: 4011 }))!
      assert.deepEqual(
        [typeOf(message), message.file, message.siaddr],
        [MESSAGE_TYPE.ack, 'ipxe.efi', SERVER],
      )
      assert.deepEqual(subOptions(option(message, 43)!), [[71, Buffer.from('80000000', 'hex')]])
      assert.deepEqual(to, { address: AT, port: 68 })
    })

    it('a broadcast request for it is answered to the address that the client has by then', async () => {
      const { to, message } = (await boot(item('80000000'), { address: '255.255.255.255', port: 67 }))!
      assert.deepEqual([typeOf(message), message.file], [MESSAGE_TYPE.ack, 'ipxe.efi'])
      assert.deepEqual(to, { address: AT, port: 68 })
    })

    it("does not answer for another server's item, another layer or credentials", async () => {
      for (const other of ['00010000', '80000001', '80008000'])
        assert.equal(await boot(item(other), { address: SERVER, port: 4011 }), undefined, other)
    })
  })

  it('never answers a FreeBSD loader of any age, on either port: it would try RARP', async () => {
    const loaders = allDhcp().filter(
      ([, packet]) => isRequest(packet) && option(decode(packet.payload), 93) === undefined,
    )
    assert.ok(loaders.length > 20)
    for (const [name, { payload, frame }] of loaders) {
      assert.deepEqual(await lab.ask(payload), [], `${name} frame ${frame}`)
      assert.deepEqual(
        await lab.ask(payload, '192.168.77.50', { address: SERVER, port: 4011 }),
        [],
        `${name} frame ${frame}`,
      )
    }
  })

  it('never answers an operating system', async () => {
    for (const type of [MESSAGE_TYPE.discover, MESSAGE_TYPE.request, MESSAGE_TYPE.inform])
      assert.deepEqual(await lab.ask(request(type, OS)), [])
    assert.deepEqual(lab.events, [])
  })

  it('answers iPXE of BIOS and EFI ROMs and UEFI HTTP boot', async () => {
    for (const name of [
      'ipxe_bios-pxeboot_101-nfs',
      'ipxe_efi-loader_efi_101',
      'ovmf_http-loader_efi-http_root',
    ]) {
      const first = allDhcp().find(([capture, packet]) => capture === name && isRequest(packet))![1]
      assert.equal(typeOf((await lab.ask(first.payload))[0]), MESSAGE_TYPE.offer, name)
    }
  })

  it('a plan that fails is reported, and there is no reply', async () => {
    await lab.stop()
    lab = await startLab({
      mode: 'proxy',
      plan: async () => {
        throw new BeError('BE_NOT_ASSIGNED', 'no boot environment is assigned')
      },
    })
    assert.deepEqual(await lab.ask(OVMF[0]!.payload), [])
    assert.ok(eventNames(lab).includes('dhcp:plan-failed'))
  })
})
