import assert from 'node:assert/strict'
import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import type { DhcpOption } from '../../src/dhcp/options/codes.ts'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import {
  callBackOf,
  freebsdLoader,
  IPXE_EFI,
  LOADER,
  OVMF,
  OVMF_HTTP,
  type Program,
  readAck,
  reportUp,
  SimMachine,
} from './clients.ts'
import { SERVER, SimSite } from './site.ts'

const MAC = '52:54:00:12:34:56'
const OTHER = '52:54:00:12:34:57'
const TREE = `m/${MAC.replaceAll(':', '-')}`
const TEXTS = [`${TREE}/boot.ipxe`, `${TREE}/boot/loader.conf.local`]

describe('the token of a boot', () => {
  const tmp = temporaryDirectory()
  let site: SimSite
  let machine: SimMachine
  let stranger: SimMachine
  const run = <T>(goal: Promise<T>): Promise<T> => site.run(goal)

  async function start(flags: Parameters<typeof SimSite.start>[1] = {}, address?: string): Promise<void> {
    site = await SimSite.start(tmp.path, flags)
    addMachine(site.lab, { name: 'm1', mac: MAC })
    await run(sharePxe(site.lab, { name: 'fb14', machines: ['m1'] }))
    machine = new SimMachine(site.net, MAC, address)
    stranger = new SimMachine(site.net, OTHER, '192.168.77.200')
  }
  afterEach(() => site.stop())

  /** The tokens in a machine's texts, by HTTP and TFTP, as this host gets them. */
  async function tokensFor(who: SimMachine): Promise<string[]> {
    const tokens: string[] = []
    for (const text of TEXTS) {
      const byHttp = await run(who.fetch(`http://${SERVER}:8080/${text}`))
      const byTftp = await run(who.loaderFetch(SERVER, text))
      for (const got of [byHttp, byTftp]) {
        if (got === undefined) continue
        assert.match(String(got), /nbe\.be/)
        tokens.push(/nbe\.session="?([\w-]*)/.exec(String(got))?.[1] ?? 'none')
      }
    }
    return tokens
  }

  it('goes to the address that its machine leases alone; others get the same texts without it', async () => {
    await start()
    for (const [program, texts] of [
      [IPXE_EFI, 2],
      [OVMF_HTTP, 4],
    ] as const) {
      await run(machine.dhcp(program))
      const tokens = await tokensFor(machine)
      assert.equal(tokens.length, texts)
      assert.match(tokens[0]!, /^[\w-]{22}$/)
      assert.equal(new Set(tokens).size, 1)
      assert.deepEqual(await tokensFor(stranger), Array(texts).fill('none'))
      await site.net.clock.advance(5000)
    }
  })

  it('is in no text of a machine that has not booted', async () => {
    await start()
    assert.deepEqual(new Set(await tokensFor(stranger)), new Set(['none']))
  })

  it('is not told to who asks by DHCPINFORM in the name of the machine', async () => {
    await start()
    const token = callBackOf(await run(freebsdLoader(machine, LOADER))).session
    const ask = (from: string) => run(inform(LOADER, from))
    assert.equal(readAck(await ask('192.168.77.200')).variables.get('nbe.session'), undefined)
    assert.equal(readAck(await ask(machine.host.address)).variables.get('nbe.session'), token)
    await run(stranger.fetch(`http://${SERVER}:8080/be/fb14/boot/loader.efi`))
    assert.equal(site.last('http:get')?.mac, undefined, 'nor is its address taken for the machine’s')
  })

  it('in proxy mode goes to the address that its firmware asks from, not to who takes one in its name later', async () => {
    await start({ 'dhcp.mode': 'proxy' }, '192.168.77.222')
    await run(machine.proxyOffer(OVMF))
    await run(machine.takes(OVMF, '192.168.77.2'))
    await run(machine.proxyOffer(IPXE_EFI))
    machine.host.address = '192.168.77.223'
    await run(machine.takes(IPXE_EFI, '192.168.77.2'))
    await site.net.clock.advance(10)
    const [token] = await tokensFor(machine)
    assert.match(token!, /^[\w-]{22}$/, 'iPXE has another client identifier, and another lease')
    for (const program of [IPXE_EFI, { ...OVMF, options: [] }]) {
      const forger = new SimMachine(site.net, MAC, '192.168.77.200')
      await run(forger.takes(program, '192.168.77.2'))
      await site.net.clock.advance(10)
      assert.deepEqual(new Set(await tokensFor(forger)), new Set(['none']))
    }
    assert.equal((await tokensFor(machine))[0], token)
    const callBack = { url: `http://${SERVER}:8080/s`, session: token! }
    assert.equal((await run(reportUp(machine, callBack))).status, 200)
  })

  it('is in no line of the log, whatever path it is sent in', async () => {
    await start()
    const { url, session } = callBackOf(await run(freebsdLoader(machine, LOADER)))
    for (const path of [`${session}`, `${session}/`, `${session}/else`, `${session}/up/`, `/${session}/up`]) {
      assert.equal((await run(machine.host.fetch(`${url}/${path}`))).status, 404, path)
    }
    assert.ok(!JSON.stringify(site.events).includes(session))
  })

  it('a command is given to a boot that began after it was asked for, and to no earlier one', async () => {
    await start()
    const before = callBackOf(await run(freebsdLoader(machine, LOADER)))
    await site.net.clock.advance(1000)
    const input = { machine: 'm1', be: 'fb14', command: ['make'], seconds: 60 }
    const id = requestCommand(site.lab, input)
    assert.equal((await run(reportUp(machine, before))).text, 'ok\n')
    await run(machine.dhcp(OVMF))
    const after = callBackOf(await run(freebsdLoader(machine, LOADER)))
    const answers = [before, after].map(callBack => run(reportUp(machine, callBack)))
    assert.deepEqual(
      (await Promise.all(answers)).map(({ status, text }) => [status, text.split('\n')[0]]),
      [
        [403, 'refused'],
        [200, `run ${id} 60`],
      ],
    )
    const waiting = run(awaitCommand(site.lab, { id, seconds: 1 }))
    await assert.rejects(waiting, beError('BE_COMMAND_LATE'))
  })

  /** A DHCPINFORM of this program in the name of the machine, from this address; the ACK. */
  async function inform(program: Program, from: string): Promise<DhcpMessage> {
    const host = from === machine.host.address ? machine.host : stranger.host
    const socket = await host.udp({ address: from, port: 68, broadcast: true })
    try {
      const answer = new Promise<DhcpMessage>(done => socket.onMessage(data => done(decode(data))))
      const type: DhcpOption = [53, Buffer.from([8])]
      const addresses = { ciaddr: from, yiaddr: '0.0.0.0', siaddr: '0.0.0.0', giaddr: '0.0.0.0' }
      const chaddr = Buffer.from(MAC.replaceAll(':', ''), 'hex')
      const fixed = { op: 1, htype: 1, hops: 0, secs: 0, flags: 0, sname: '', file: '' } as const
      const packet = encode({ ...fixed, ...addresses, xid: 77, chaddr, options: [type, ...program.options] })
      socket.send(packet, { address: SERVER, port: 67 })
      const ack = await answer
      assert.equal(option(ack, 53)?.[0], 5)
      return ack
    } finally {
      socket.close()
    }
  }
})
