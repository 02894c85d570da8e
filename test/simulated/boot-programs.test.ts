import assert from 'node:assert/strict'
import { decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
import { bootPxe } from '../../src/verbs/boots/bootpxe.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { machineStatus } from '../../src/verbs/boots/status.ts'
import { waitForMachine } from '../../src/verbs/boots/wait.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { sentBy } from '../dhcp/support.ts'
import { beError } from '../support/errors.ts'
import { capture } from '../support/pcap.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { callBackOf, freebsdLoader, LOADER, RASPBERRY_PI, reportUp, SimMachine } from './clients.ts'
import { SERVER, SimSite } from './site.ts'

const UBOOT = { capture: 'uboot_arm64-efi-reset', mac: '52:52:52:52:52:52' }
const GRUB = { capture: 'ipxe_bios-grub_206-net_bootp', mac: '52:54:00:00:77:22' }
const SHIM = { capture: 'ovmf-shim-grub_signed', mac: '52:54:00:00:77:23' }
const SYSTEMS = 'systems-dhclient-dhcpcd-ipconfig-udhcpc'

/** The files of the TFTP read requests in a capture, in order, each once. */
const requestedFiles = (name: string): string[] => [
  ...new Set(
    capture(name).flatMap(({ to, payload }) =>
      to.port === 69 ? [payload.toString('latin1', 2, payload.indexOf(0, 2))] : [],
    ),
  ),
]

describe('boot programs and systems that ask by DHCP, as they were recorded', () => {
  const tmp = temporaryDirectory()
  let site: SimSite
  let mac: string
  let machine: SimMachine
  const run = <T>(goal: Promise<T>): Promise<T> => site.run(goal)

  async function start(address: string): Promise<void> {
    mac = address
    site = await SimSite.start(tmp.path)
    addMachine(site.lab, { name: 'm1', mac })
    await run(sharePxe(site.lab, { name: 'fb14', machines: ['m1'] }))
    machine = new SimMachine(site.net, mac)
  }

  afterEach(() => site.stop())

  /** The replies to the recorded requests of `mac`, each request with the address that it is offered here. */
  async function replay(name: string, part: [from: number, to?: number] = [0]) {
    const replies: ReturnType<typeof decode>[] = []
    for (const { payload } of sentBy(name, mac).slice(...part)) {
      const asked = decode(payload)
      const ip = addressBytes(replies.at(-1)?.yiaddr ?? '0.0.0.0')
      asked.options = asked.options.map(entry => (entry[0] === 50 ? [50, ip] : entry))
      const seen = site.net.sent.length
      site.net.transmit(
        { address: '0.0.0.0', port: 68 },
        { address: '255.255.255.255', port: 67 },
        encode(asked),
      )
      await site.net.clock.advance(50)
      const packets = site.net.sent
        .slice(seen)
        .filter(({ from, to }) => from.address === SERVER && to.port === 68)
      replies.push(...packets.map(({ data }) => decode(data)))
    }
    machine.host.address = replies.at(-1)!.yiaddr
    return replies
  }

  const stages = () => [
    ...new Set(
      site.events.flatMap(({ event, mac: who, stage }) =>
        event.startsWith('dhcp:') && who === mac && stage !== undefined ? [stage] : [],
      ),
    ),
  ]
  const status = () => machineStatus(site.lab, { machine: 'm1' }).machines[0]!
  const nothingProved = () => {
    for (const event of ['os:up', 'boot:own-disk', 'boot:unsure', 'once:done'])
      assert.equal(site.count(event), 0, event)
  }

  it('U-Boot is firmware, and finds server and file in siaddr and `file`', async () => {
    await start(UBOOT.mac)
    const replies = await replay(UBOOT.capture)
    assert.deepEqual(stages(), ['firmware'])
    for (const { siaddr, file } of replies)
      assert.deepEqual([siaddr, file], [SERVER, 'be/fb14/boot/loader.efi'])
    nothingProved()
  })

  it('a board that asks for a script first, and then for an EFI program, is in one boot, which has not failed', async () => {
    await start(UBOOT.mac)
    await replay(UBOOT.capture, [0, 4])
    assert.deepEqual([status().stage, status().failure], ['asked', null])
    await run(machine.ipxeFetch(SERVER, 'be/fb14/boot/loader.efi'))
    await site.net.clock.advance(200)
    assert.deepEqual([status().stage, status().failure], ['file', null])
  })

  it('a board whose kernel panics is not up when U-Boot asks again, and boots its BE once more', async () => {
    await start(UBOOT.mac)
    await run(bootPxe(site.lab, { name: 'fb15', machines: ['m1'], once: true }))
    await replay(UBOOT.capture, [0, 4])
    await run(machine.ipxeFetch(SERVER, 'be/fb15/boot/loader.efi'))
    await run(freebsdLoader(machine, LOADER))
    await run(machine.loaderFetch(SERVER, 'be/fb15/boot/kernel/kernel'))
    await site.net.clock.advance(20_000)
    const [again] = await replay(UBOOT.capture, [6, 8])
    assert.equal(again?.file, 'be/fb15/boot/loader.efi', 'still this once')
    nothingProved()
    const waiting = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 5 }))
    await assert.rejects(waiting, beError('BE_WAIT_OVER', /at: asked: expected file next/))
  })

  it("GRUB's net_bootp is a stage of its own, from DISCOVER to ACK, and no loader of FreeBSD", async () => {
    await start(GRUB.mac)
    const replies = await replay(GRUB.capture)
    assert.deepEqual(stages(), ['ipxe', 'grub'])
    const [offer, ack] = replies.slice(-2)
    assert.deepEqual([messageType(offer!), messageType(ack!)], [2, 5])
    for (const reply of [offer!, ack!]) {
      assert.deepEqual([reply.siaddr, reply.file, option(reply, 17)], [SERVER, '', undefined])
    }
    nothingProved()
    await site.net.clock.advance(200)
    assert.equal(status().stage, 'asked')
  })

  it('shim and GRUB from pxe.dir boot Linux, by the files that they were recorded to ask for', async () => {
    await start(SHIM.mac)
    for (const file of ['shimx64.efi', 'grubx64.efi']) site.file(`pxe/${file}`, 'x'.repeat(5000))
    await run(sharePxe(site.lab, { name: 'deb12', machines: ['m1'] }))
    await site.net.clock.advance(5000)
    assert.equal((await replay(SHIM.capture)).at(-1)?.file, 'shimx64.efi')
    const asked = requestedFiles(SHIM.capture)
    const got = new Map<string, Buffer>()
    for (const file of asked.slice(0, asked.indexOf('/grub/grub.cfg') + 1)) {
      const bytes = await run(machine.loaderFetch(SERVER, file))
      if (bytes !== undefined) got.set(file, bytes)
    }
    assert.deepEqual([...got.keys()], ['shimx64.efi', 'grubx64.efi', '/grub/grub.cfg'])
    const config = String(got.get('/grub/grub.cfg'))
    const [, kernel] = /\n {2}linux \(tftp,[\d.]+\)(\S+)/.exec(config)!
    await run(machine.loaderFetch(SERVER, kernel!))
    await site.net.clock.advance(200)
    const words = config.split(/\s/).filter(word => word.startsWith('nbe.'))
    const told = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    assert.equal((await run(reportUp(machine, callBackOf(told)))).status, 200)
    await site.net.clock.advance(200)
    assert.deepEqual([status().runs, status().evidence], ['deb12', 'call-back'])
    assert.deepEqual(Object.keys(status().way), ['asked', 'file', 'loader', 'kernel', 'up'])
  })

  it('a Raspberry Pi loads firmware and U-Boot from its boot environment, and U-Boot its loader: one boot', async () => {
    await start('e4:5f:01:09:02:f7')
    for (const file of ['start4.elf', 'config.txt', 'u-boot.bin'])
      site.file(`ROOT/fb14/boot/msdos/${file}`, file)
    site.file('pxe/fixup4.dat', 'of all')
    const ack = await run(machine.dhcp(RASPBERRY_PI))
    assert.deepEqual([ack.siaddr, ack.file], [SERVER, ''])
    assert.match(String(option(ack, 43)), /Raspberry Pi Boot/)
    const got: string[] = []
    for (const file of [
      'start4.elf',
      'config.txt',
      'recovery.elf',
      'fixup4.dat',
      'cmdline.txt',
      'u-boot.bin',
    ]) {
      const bytes = await run(machine.loaderFetch(SERVER, `91cdf03d/${file}`))
      if (bytes !== undefined) got.push(file)
    }
    assert.deepEqual(got, ['start4.elf', 'config.txt', 'fixup4.dat', 'u-boot.bin'])
    await site.net.clock.advance(9000)
    const uboot = await run(
      machine.dhcp({
        name: 'U-Boot',
        options: [
          [60, Buffer.from('U-Boot.armv8')],
          [93, Buffer.from([0, 22])],
        ],
      }),
    )
    assert.equal(uboot.file, 'be/fb14/boot/loader.efi')
    await run(machine.ipxeFetch(SERVER, uboot.file))
    await run(freebsdLoader(machine, LOADER))
    await site.net.clock.advance(200)
    assert.deepEqual(
      [status().stage, status().failure, status().clients],
      ['loader', null, ['firmware', 'loader']],
    )
    nothingProved()
  })

  for (const [name, address, stage] of [
    ['udhcpc', '52:54:00:00:77:31', 'kernel'],
    ['dhclient', '52:54:00:00:77:32', 'os'],
    ["klibc's ipconfig", '52:54:00:00:77:33', 'kernel'],
    ['dhcpcd', '52:54:00:00:77:34', 'os'],
  ] as const) {
    it(`${name} is of stage ${stage}${stage === 'os' ? '' : ', and proves nothing: an initial RAM disk has it too'}`, async () => {
      await start(address)
      await run(machine.proxyOffer({ name: 'U-Boot', options: [[60, Buffer.from('U-Boot')]] }))
      await replay(SYSTEMS)
      assert.deepEqual(stages(), ['firmware', stage])
      if (stage === 'os') assert.equal(site.count('boot:own-disk'), 1)
      else nothingProved()
    })
  }
})
