import assert from 'node:assert/strict'
import type { DhcpReply, DhcpRequestFields } from '../../src/boot/dhcp.ts'
import { optionBytes } from '../../src/boot/options/option-space.ts'
import { type DhcpMessage, decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import { MESSAGE_TYPE, OPTION } from '../../src/dhcp/options/codes.ts'
import { isFreeBsdLoader, requestFields } from '../../src/dhcp/request-fields.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
import type { Endpoint } from '../../src/net/net.ts'
import { captureNames } from '../support/pcap.ts'
import { allDhcp, isRequest, type Lab, macOf, SERVER, sentBy, startLab, text } from './support.ts'

/** One request of a captured client, and the server's reply. */
interface Exchange {
  asked: DhcpMessage
  answer: DhcpMessage
  bytes: Buffer
  to: Endpoint
}

/** A plan as the planner makes it: for UEFI HTTP boot a URL and the vendor class, else a path. */
async function plan(client: DhcpRequestFields): Promise<DhcpReply> {
  const http = client.vendorClass?.startsWith('HTTPClient') === true
  const loader = isFreeBsdLoader(client)
  return {
    siaddr: SERVER,
    file: http ? `http://${SERVER}:8080/be/test/boot/loader.efi` : loader ? '' : 'be/test/boot/loader.efi',
    options: [
      [OPTION.subnetMask, addressBytes('255.255.255.0')],
      [OPTION.routers, addressBytes(SERVER)],
      ...(http ? [text(OPTION.vendorClass, 'HTTPClient')] : []),
      ...(loader
        ? [
            text(OPTION.rootPath, `${SERVER}:/ROOT/test`),
            text(246, 'nbe.machine=m1'),
            text(250, 'nbe.be=test'),
          ]
        : []),
    ],
  }
}

/** Sends what a client sent in a capture, with the address that it is offered now. */
async function replay(lab: Lab, name: string, mac: string): Promise<Exchange[]> {
  const exchanges: Exchange[] = []
  let address = '0.0.0.0'
  const packets = sentBy(name, mac)
  assert.ok(packets.length > 0, `${name}: ${mac} sent nothing`)
  for (const { payload, from } of packets) {
    const asked = decode(payload)
    const wanted = option(asked, OPTION.requestedAddress)
    const bytes = addressBytes(address)
    asked.options = asked.options.map(entry =>
      entry[1] === wanted ? [OPTION.requestedAddress, bytes] : entry,
    )
    const before = lab.replies.length
    await lab.ask(encode(asked), from.address === '0.0.0.0' ? '0.0.0.0' : address)
    const replies = lab.replies.slice(before)
    assert.equal(replies.length, 1, `${name} ${mac}: ${replies.length} answers to one question`)
    const { message: answer, bytes: raw, to } = replies[0]!
    address = answer.yiaddr
    exchanges.push({ asked, answer, bytes: raw, to })
  }
  return exchanges
}

/** The captures, with each client in them. */
const boots = captureNames().flatMap(name =>
  [
    ...new Set(
      allDhcp()
        .filter(([capture, packet]) => capture === name && isRequest(packet))
        .map(([, packet]) => macOf(packet)),
    ),
  ].map(mac => ({ name, mac })),
)

const IPXE_BIOS = { name: 'ipxe_bios-pxeboot_101-nfs', mac: '52:54:00:77:00:01' }
const OVMF = { name: 'ovmf-loader_lua-nfs', mac: '52:54:00:77:00:02' }

describe('dhcp with the recorded packets of firmware and loaders', () => {
  let lab: Lab

  beforeEach(async () => {
    lab = await startLab({ plan })
  })

  afterEach(() => lab.stop())

  for (const { name, mac } of boots) {
    it(`${name}, ${mac}: every request is answered, with one address throughout`, async () => {
      const exchanges = await replay(lab, name, mac)
      for (const { asked, answer } of exchanges) {
        const expected = messageType(asked) === MESSAGE_TYPE.discover ? MESSAGE_TYPE.offer : MESSAGE_TYPE.ack
        assert.equal(messageType(answer), expected)
        assert.equal(answer.xid, asked.xid)
        assert.deepEqual(answer.chaddr, asked.chaddr)
      }
      assert.equal(new Set(exchanges.map(({ answer }) => answer.yiaddr)).size, 1)
    })
  }

  /** Every exchange of every capture. */
  async function everything(): Promise<Exchange[]> {
    const all: Exchange[] = []
    for (const { name, mac } of boots) all.push(...(await replay(lab, name, mac)))
    assert.ok(all.length > 100)
    return all
  }

  it('broadcasts to every client without an address, whatever its flag, and to pxeboot with its old one', async () => {
    for (const { to } of await everything()) assert.deepEqual(to, { address: '255.255.255.255', port: 68 })
  })

  it('options end without a pad, nothing is overloaded, and a loader that sends no 57 gets at most 312 bytes', async () => {
    for (const { asked, answer, bytes } of await everything()) {
      const used = 4 + optionBytes(answer.options) + 1
      assert.equal(bytes[236 + used - 1], OPTION.end)
      assert.equal(option(answer, OPTION.overload), undefined)
      assert.equal(answer.sname, '')
      if (option(asked, OPTION.maxMessageSize) === undefined) assert.ok(used <= 312, `${used} bytes`)
    }
  })

  it('OFFER and ACK are the same but for the type: the loader keeps what the OFFER set', async () => {
    for (const { name, mac } of [
      IPXE_BIOS,
      OVMF,
      { name: 'ipxe_efi-loader_efi_101', mac: '52:54:00:77:00:07' },
    ]) {
      let offer: DhcpMessage | undefined
      for (const { answer } of await replay(lab, name, mac)) {
        if (messageType(answer) === MESSAGE_TYPE.offer) offer = answer
        else {
          assert.deepEqual(answer.options.slice(1), offer!.options.slice(1))
          assert.deepEqual(
            [answer.file, answer.siaddr, answer.yiaddr],
            [offer!.file, offer!.siaddr, offer!.yiaddr],
          )
        }
      }
    }
  })

  it('iPXE sends two DISCOVERs with one xid and gets the same OFFER twice', async () => {
    const [first, second, third] = await replay(lab, IPXE_BIOS.name, IPXE_BIOS.mac)
    assert.deepEqual(
      [first, second].map(one => messageType(one!.asked)),
      [MESSAGE_TYPE.discover, MESSAGE_TYPE.discover],
    )
    assert.deepEqual(first!.bytes, second!.bytes)
    assert.equal(messageType(third!.answer), MESSAGE_TYPE.ack)
  })

  it('two machines whose loaders both use xid 1 are not mixed up', async () => {
    const other = Buffer.from('5254007700ee', 'hex')
    const [discover, take] = sentBy(OVMF.name, OVMF.mac)
      .slice(2)
      .map(packet => decode(packet.payload))
    const [mine] = await lab.ask(discover!)
    const [theirs] = await lab.ask({ ...discover!, chaddr: other })
    assert.deepEqual([mine!.xid, theirs!.xid], [1, 1])
    assert.notEqual(mine!.yiaddr, theirs!.yiaddr)
    const requestFor = (ip: string, chaddr: Buffer): DhcpMessage => ({
      ...take!,
      chaddr,
      options: take!.options.map(entry => (entry[0] === 50 ? [50, addressBytes(ip)] : entry)),
    })
    const [ack] = await lab.ask(requestFor(mine!.yiaddr, discover!.chaddr))
    assert.deepEqual([ack!.yiaddr, ack!.chaddr], [mine!.yiaddr, discover!.chaddr])
  })

  it('a loader that sends no parameter list gets netmask, router and root-path', async () => {
    const unasked = (await everything()).filter(
      ({ asked }) =>
        option(asked, OPTION.parameterList) === undefined && isFreeBsdLoader(requestFields(asked)),
    )
    assert.ok(unasked.length > 4)
    for (const { answer } of unasked) {
      assert.deepEqual(option(answer, 1), addressBytes('255.255.255.0'))
      assert.deepEqual(option(answer, 3), addressBytes(SERVER))
      assert.equal(String(option(answer, 17)), `${SERVER}:/ROOT/test`)
    }
  })

  it('loader variables are sent in 246 to 254 although no client requests them', async () => {
    const loaders = (await everything()).filter(({ asked }) => isFreeBsdLoader(requestFields(asked)))
    assert.ok(loaders.length > 4)
    for (const { answer } of loaders) {
      assert.deepEqual(
        [246, 250].map(code => String(option(answer, code))),
        ['nbe.machine=m1', 'nbe.be=test'],
      )
    }
  })

  it('server and file are in siaddr and `file`, which every firmware reads', async () => {
    for (const { asked, answer } of await everything()) {
      assert.equal(answer.siaddr, SERVER)
      if (!isFreeBsdLoader(requestFields(asked))) assert.match(answer.file, /boot\/loader\.efi$/)
    }
  })

  it('UEFI HTTP boot gets a URL and its vendor class back', async () => {
    for (const { asked, answer } of await replay(
      lab,
      'ovmf_http-loader_efi-http_root',
      '52:54:00:77:00:17',
    )) {
      assert.equal(requestFields(asked).archType, 16)
      assert.equal(String(option(answer, OPTION.vendorClass)), 'HTTPClient')
      assert.match(answer.file, /^http:\/\//)
    }
  })

  it('a loader that asks for 300 s gets the full lease: the kernel that it starts never renews', async () => {
    const asking = (await everything()).filter(({ asked }) => option(asked, OPTION.leaseTime) !== undefined)
    assert.ok(asking.length > 4)
    for (const { answer } of asking) assert.equal(option(answer, OPTION.leaseTime)?.readUInt32BE(), 43_200)
  })

  it('the client identifier is echoed, and only where one was sent', async () => {
    for (const { asked, answer } of await everything()) {
      assert.deepEqual(option(answer, OPTION.clientId), option(asked, OPTION.clientId))
    }
  })

  it('OVMF changes option 57 between DISCOVER and REQUEST and still gets what it was offered', async () => {
    const [discover, take] = await replay(lab, OVMF.name, OVMF.mac)
    assert.deepEqual(
      [discover!.asked, take!.asked].map(asked => requestFields(asked).maxMessageSize),
      [1472, 65280],
    )
    assert.deepEqual(take!.answer.options.slice(1), discover!.answer.options.slice(1))
  })
})
