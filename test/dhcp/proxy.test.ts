import assert from 'node:assert/strict'
import { decode, encode, option } from '../../src/dhcp/message.ts'
import { TYPE } from '../../src/dhcp/options.ts'
import { BeError } from '../../src/errors.ts'
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
  options: [text(60, 'PXEClient'), text(43, '\x06\x01\x08\xff')],
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
    assert.equal(typeOf(offer), TYPE.offer)
    assert.deepEqual([offer!.yiaddr, offer!.siaddr, offer!.file], ['0.0.0.0', SERVER, 'ipxe.efi'])
    assert.deepEqual(
      offer!.options.map(([code]) => code),
      [53, 54, 60, 43, 97],
    )
    assert.deepEqual(option(offer!, 97), option(decode(OVMF[0]!.payload), 97))
    assert.deepEqual(lab.replies[0]!.to, { address: '255.255.255.255', port: 68 })
    assert.equal(lab.leases.size, 0)
  })

  it('leaves the REQUEST on port 67 to the server that gives the address', async () => {
    assert.deepEqual(await lab.ask(OVMF[1]!.payload), [])
  })

  it('on 4011 acknowledges from 4011 to the port that asked', async () => {
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
      [TYPE.ack, 'ipxe.efi', '0.0.0.0', '192.168.77.50'],
    )
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
    for (const type of [TYPE.discover, TYPE.request, TYPE.inform])
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
      assert.equal(typeOf((await lab.ask(first.payload))[0]), TYPE.offer, name)
    }
  })

  it('a plan that fails is reported and not answered: the other server does not depend on us', async () => {
    await lab.stop()
    lab = await startLab({
      mode: 'proxy',
      plan: async () => {
        throw new BeError('BE_NO_BE', 'no boot environment is assigned')
      },
    })
    assert.deepEqual(await lab.ask(OVMF[0]!.payload), [])
    assert.ok(eventNames(lab).includes('dhcp:refused'))
  })
})
