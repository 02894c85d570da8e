import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { load } from '../../src/config/load.ts'
import type { KeyName } from '../../src/config/schema.ts'
import { option } from '../../src/dhcp/message.ts'
import { Lab } from '../../src/lab/lab.ts'
import type { SimHost } from '../../src/net/sim/host.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { Service } from '../../src/serve/service.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { bootPxe } from '../../src/verbs/boots/bootpxe.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { emit } from '../../src/verbs/plans/emit.ts'
import { explain } from '../../src/verbs/plans/explain.ts'
import { shareEnvironments } from '../../src/verbs/shares/share.ts'
import { elf } from '../be/images.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import {
  freebsdKernel,
  freebsdLoader,
  freebsdLoaderWithArguments,
  IPXE_BIOS,
  IPXE_EFI,
  ipxeKernelLine,
  LOADER,
  LOADER_EFI_10,
  OVMF,
  OVMF_HTTP,
  PXEBOOT_10,
  readConf,
  SimMachine,
  type Variables,
} from './clients.ts'
import { SimNfsHost } from './nfs-host.ts'

const SERVER = '192.168.77.1'
const MAC = '52:54:00:12:34:56'
const HANDLE = Buffer.from('de3c6a5b00000000' + '0a000000aabbccdd0011223344556677' + '01020304', 'hex')
const TWIN = Buffer.concat([HANDLE.subarray(0, 20), Buffer.from('99999999', 'hex')])

describe('whole boots on a simulated network', () => {
  const tmp = temporaryDirectory()
  let net: SimNetwork
  let nfs: SimNfsHost
  let lab: Lab
  let service: Service
  let events: SessionRecord[]

  /** The clock runs until the goal is reached: a whole boot takes milliseconds of real time. */
  const run = <T>(goal: Promise<T>): Promise<T> => net.clock.until(goal)

  async function start(flags: Partial<Record<KeyName, string>> = {}): Promise<void> {
    net = new SimNetwork()
    nfs = await SimNfsHost.on(net, SERVER)
    const given = {
      'lab.address': `${SERVER}/24`,
      'lab.pool': '192.168.77.100-192.168.77.110',
      'dhcp.mode': 'authority',
      'nfs.driver': 'none',
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'exports.dir': join(tmp.path, 'state/exports.d'),
      'pxe.dir': join(tmp.path, 'pxe'),
      'log.level': 'debug',
      ...flags,
    }
    const effective = { ...load({ flags: given }), platform: 'freebsd' as const }
    const host: SimHost = net.host(SERVER)
    lab = new Lab(effective, { network: host, clock: net.clock })
    events = []
    service = new Service(lab, record => events.push(record))
    file('pxe/snponly.efi', 5000)
    file('pxe/undionly.kpxe', 5000)
    for (const be of ['fb14', 'fb101']) {
      for (const path of ['boot/pxeboot', 'boot/loader.efi', 'boot/kernel/kernel'])
        file(`ROOT/${be}/${path}`, 20_000)
    }
    file('ROOT/fb14/bin/freebsd-version', 'USERLAND_VERSION="14.1-RELEASE"\n')
    file('ROOT/fb101/bin/freebsd-version', 'USERLAND_VERSION="10.1-RELEASE"\n')
    for (const path of ['boot/vmlinuz-6.1', 'boot/initrd.img-6.1', 'etc/os-release'])
      file(`ROOT/deb12/${path}`, 30_000)
    nfs.exports.set(join(tmp.path, 'ROOT/fb14'), HANDLE)
    nfs.exports.set(join(tmp.path, 'ROOT/fb101'), TWIN)
    nfs.exports.set(join(tmp.path, 'ROOT/deb12'), TWIN)
    await run(service.start())
  }

  function file(path: string, content: string | number): void {
    const full = join(tmp.path, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, typeof content === 'string' ? content : Buffer.alloc(content, path))
  }

  async function assign(be: string): Promise<SimMachine> {
    if (lab.inventory.get('m1') === undefined) addMachine(lab, { name: 'm1', mac: MAC })
    await run(sharePxe(lab, { name: be, machines: ['m1'] }))
    return new SimMachine(net, MAC)
  }

  /** The kernel accepts its variables, and has the expected root and names. */
  function cameUp(variables: Variables, be: string): void {
    const { handle, server } = freebsdKernel(variables)
    assert.equal(server, SERVER)
    assert.deepEqual(handle, nfs.exports.get(join(tmp.path, 'ROOT', be)))
    assert.equal(variables.get('nbe.be'), be)
    assert.equal(variables.get('nbe.machine'), 'm1')
    assert.equal(variables.get('boot.nfsroot.options'), 'nolockd')
  }

  afterEach(async () => {
    await run(service.stop())
    lab.close()
    await net.clock.advance(100)
    assert.equal(net.ports.filter(port => port.host.address !== SERVER).length, 0, 'no client socket left')
    assert.equal(net.clock.pending, 0, 'no timer left')
  })

  const loaded = (name: string): Buffer => Buffer.alloc(20_000, `ROOT/${name}`)

  it('OVMF → loader.efi → kernel: handoff nfs', async () => {
    await start()
    const machine = await assign('fb14')
    const ack = await run(machine.dhcp(OVMF))
    assert.deepEqual(await run(machine.ovmfFetch(ack.siaddr, ack.file)), loaded('fb14/boot/loader.efi'))
    cameUp(await run(freebsdLoader(machine, LOADER)), 'fb14')
    assert.ok(nfs.mounts.at(-1)!.startsWith(`${machine.host.address} `), 'the loader mounted by itself')
  })

  it('OVMF → loader.efi → kernel: handoff tftp, when the NFS host has no UDP', async () => {
    await start()
    nfs.udp = false
    const machine = await assign('fb14')
    const ack = await run(machine.dhcp(OVMF))
    await run(machine.ovmfFetch(ack.siaddr, ack.file))
    const variables = await run(freebsdLoader(machine, LOADER))
    assert.deepEqual(freebsdKernel(variables).handle, HANDLE)
    assert.ok(variables.has('nbe.session'), 'the room goes to the call-back before it goes to names')
  })

  it('OVMF by HTTP → loader.efi → kernel: handoff http, one DHCP exchange in all', async () => {
    await start()
    const machine = await assign('fb14')
    const ack = await run(machine.dhcp(OVMF_HTTP))
    assert.equal(option(ack, 60)?.toString(), 'HTTPClient')
    assert.deepEqual(await run(machine.fetch(ack.file)), loaded('fb14/boot/loader.efi'))
    // The loader takes the URL less its last two parts, and adds paths that begin with a slash.
    const base = ack.file.split('/').slice(0, -2).join('/')
    assert.ok(await run(machine.fetch(`${base}//boot/kernel/kernel`)))
    const conf = await run(machine.fetch(`${base}//boot/loader.conf.local`))
    const variables = readConf(String(conf))
    assert.equal(variables.get('boot.netif.ip'), machine.host.address)
    cameUp(variables, 'fb14')
  })

  it('OVMF → iPXE → loader.efi with arguments → kernel: handoff arguments', async () => {
    await start({ 'boot.handoff': 'arguments' })
    const machine = await assign('fb14')
    const firmware = await run(machine.dhcp(OVMF))
    assert.equal(firmware.file, 'snponly.efi')
    await run(machine.ovmfFetch(firmware.siaddr, firmware.file))
    const ipxe = await run(machine.dhcp(IPXE_EFI))
    assert.equal(machine.host.address, firmware.yiaddr, 'one address for all stages')
    const script = await run(machine.fetch(ipxe.file))
    const [url, , ...args] = ipxeKernelLine(String(script), machine)
    const { hostname, pathname } = new URL(url!)
    assert.deepEqual(await run(machine.ipxeFetch(hostname, pathname)), loaded('fb14/boot/loader.efi'))
    cameUp(await run(freebsdLoaderWithArguments(machine, args)), 'fb14')
  })

  it('the same beside another DHCP server, with proxy offers only', async () => {
    await start({ 'dhcp.mode': 'proxy' })
    await assign('fb14')
    const machine = new SimMachine(net, MAC, '192.168.77.222')
    const first = await run(machine.proxyOffer(OVMF))
    assert.deepEqual([first.yiaddr, first.siaddr, first.file], ['0.0.0.0', SERVER, 'snponly.efi'])
    await run(machine.takes(OVMF, '192.168.77.2'))
    await run(machine.ovmfFetch(SERVER, first.file))
    await net.clock.advance(10)
    const fetched = events.find(({ event }) => event === 'tftp:done')
    assert.deepEqual(
      [fetched?.machine, fetched?.stage],
      ['m1', 'firmware'],
      'the log knows whose address it is',
    )
    const second = await run(machine.proxyOffer(IPXE_EFI))
    const script = await run(machine.fetch(second.file))
    const [, , ...args] = ipxeKernelLine(String(script), machine)
    cameUp(await run(freebsdLoaderWithArguments(machine, args)), 'fb14')
  })

  it('iPXE ROM on BIOS → pxeboot 10.1 → kernel', async () => {
    await start()
    const machine = await assign('fb101')
    const ack = await run(machine.dhcp(IPXE_BIOS))
    assert.deepEqual(await run(machine.ipxeFetch(ack.siaddr, ack.file)), loaded('fb101/boot/pxeboot'))
    cameUp(await run(freebsdLoader(machine, PXEBOOT_10)), 'fb101')
  })

  it('iPXE ROM on EFI → loader.efi 10.1, whose request has no options → kernel', async () => {
    await start()
    const machine = await assign('fb101')
    const ack = await run(machine.dhcp(IPXE_EFI))
    await run(machine.ipxeFetch(ack.siaddr, ack.file))
    cameUp(await run(freebsdLoader(machine, LOADER_EFI_10)), 'fb101')
  })

  for (const [firmware, ipxe, binary] of [
    [OVMF, IPXE_EFI, 'snponly.efi'],
    [undefined, IPXE_BIOS, undefined],
  ] as const) {
    it(`${firmware?.name ?? ipxe.name} → iPXE → Linux kernel with its root on the command line`, async () => {
      await start()
      const machine = await assign('deb12')
      if (firmware !== undefined) assert.equal((await run(machine.dhcp(firmware))).file, binary)
      const ack = await run(machine.dhcp(ipxe))
      const script = await run(machine.fetch(ack.file))
      const [kernel, ...args] = ipxeKernelLine(String(script), machine)
      assert.deepEqual(await run(machine.fetch(kernel!)), Buffer.alloc(30_000, 'ROOT/deb12/boot/vmlinuz-6.1'))
      const nfsroot = args.find(arg => arg.startsWith('nfsroot='))!
      const [, server, path] = /^nfsroot=([\d.]+):([^,]+),/.exec(nfsroot)!
      assert.deepEqual(await run(machine.mount(server!, path!, 'tcp')), TWIN)
      assert.ok(args.includes('nbe.be=deb12'))
      assert.ok(args.some(arg => arg.startsWith(`ip=${machine.host.address}::`)))
    })
  }

  it('moves a machine to another boot environment at its next boot', async () => {
    await start()
    const machine = await assign('fb14')
    await run(machine.dhcp(OVMF))
    cameUp(await run(freebsdLoader(machine, LOADER)), 'fb14')
    await run(shareEnvironments(lab, { names: ['fb101'] }))
    const { woken } = await run(bootPxe(lab, { name: 'fb101', machines: ['m1'] }))
    assert.equal(woken.length, 1)
    const magic = net.sent.filter(({ to }) => to.port === 9).map(({ to }) => to.address)
    assert.deepEqual(magic, ['192.168.77.255', '255.255.255.255'])
    await run(net.clock.advance(60_000))
    assert.equal((await run(machine.dhcp(OVMF))).file, 'be/fb101/boot/loader.efi')
    cameUp(await run(freebsdLoader(machine, LOADER)), 'fb101')
  })

  it('boots unknown machines from the default, and logs them by MAC', async () => {
    await start()
    writeFileSync(join(tmp.path, 'ROOT/fb14/boot/kernel/kernel'), elf(62, { osabi: 9 }))
    await run(sharePxe(lab, { name: 'fb14', machines: [] }))
    const machine = new SimMachine(net, MAC)
    const ack = await run(machine.dhcp(OVMF))
    assert.equal(ack.file, 'be/fb14/boot/loader.efi')
    await run(machine.ovmfFetch(ack.siaddr, ack.file))
    const { handle } = freebsdKernel(await run(freebsdLoader(machine, LOADER)))
    assert.deepEqual(handle, HANDLE)
    const order = events
      .filter(({ mac, level }) => mac === MAC && level !== 'debug')
      .map(({ event }) => event)
    assert.deepEqual(order, [
      ...['dhcp:discover', 'boot:plan', 'dhcp:offer', 'dhcp:request', 'dhcp:ack', 'tftp:done'],
      ...['dhcp:discover', 'boot:plan', 'nfs:handle', 'dhcp:offer', 'dhcp:request', 'dhcp:ack'],
    ])
  })

  it('recognises a machine that boots from its other interface by its UUID, also its loader and its files', async () => {
    await start()
    const uuid = '33221100-5544-7766-8899-aabbccddeeff'
    addMachine(lab, { name: 'm1', mac: '52:54:00:00:00:01', fields: { uuid, ip: '192.168.77.9' } })
    await run(sharePxe(lab, { name: 'fb14', machines: ['m1'] }))
    const machine = new SimMachine(net, MAC)
    const ack = await run(machine.dhcp(OVMF))
    assert.deepEqual([ack.yiaddr, ack.file], ['192.168.77.9', 'be/fb14/boot/loader.efi'])
    cameUp(await run(freebsdLoader(machine, LOADER)), 'fb14')
    assert.equal(machine.host.address, '192.168.77.9')
  })

  it('recognises a machine by the client identifier that is set in its firmware', async () => {
    await start()
    addMachine(lab, {
      name: 'm1',
      mac: '52:54:00:00:00:01',
      fields: { clientId: 'rack-7', ip: '192.168.77.9' },
    })
    await run(sharePxe(lab, { name: 'fb14', machines: ['m1'] }))
    const machine = new SimMachine(net, MAC)
    const id: [number, Buffer] = [61, Buffer.from('\0rack-7')]
    const ack = await run(machine.dhcp({ ...OVMF, options: [...OVMF.options, id] }))
    assert.deepEqual([ack.yiaddr, ack.file], ['192.168.77.9', 'be/fb14/boot/loader.efi'])
    cameUp(await run(freebsdLoader(machine, LOADER)), 'fb14')
  })

  it('serves the other machines when one boot environment is not available, and reports the reason', async () => {
    await start()
    const bad = await assign('fb101')
    nfs.exports.delete(join(tmp.path, 'ROOT/fb101'))
    await run(net.clock.advance(60_000))
    addMachine(lab, { name: 'm2', mac: '52:54:00:12:34:57' })
    await run(sharePxe(lab, { name: 'fb14', machines: ['m2'] }))
    const refused = await run(bad.dhcp(OVMF))
    assert.equal(refused.file, '')
    assert.notEqual(refused.yiaddr, '0.0.0.0')
    assert.match(String(events.find(({ event }) => event === 'boot:refused')?.detail?.why), /BE_MNT_ACCES/)
    const good = await run(new SimMachine(net, '52:54:00:12:34:57').dhcp(OVMF))
    assert.equal(good.file, 'be/fb14/boot/loader.efi')
  })

  it('does not answer an unknown machine in proxy mode', async () => {
    await start({ 'dhcp.mode': 'proxy' })
    const machine = new SimMachine(net, MAC, '192.168.77.222')
    const socket = net.ports.length
    void machine.proxyOffer(OVMF)
    await run(net.clock.advance(5000))
    assert.ok(!net.sent.some(({ to }) => to.port === 68))
    assert.equal(net.ports.length, socket + 1)
    net.ports.splice(socket, 1)
  })

  it('does not block on a pipe in the place of a file of the tree', async () => {
    await start()
    const machine = await assign('deb12')
    execFileSync('mkfifo', [join(tmp.path, 'ROOT/deb12/boot/cmdline')])
    const ack = await run(machine.dhcp(IPXE_EFI))
    assert.match(String(await run(machine.fetch(ack.file))), /nbe\.be=deb12/)
  })

  it('explains the reply that it would send, and sends nothing', async () => {
    await start()
    const machine = await assign('fb14')
    const sent = net.sent.length
    const { json } = (await run(explain(lab, { machine: 'm1', as: 'uefi' }))) as {
      json: { reply: { file: string } }
    }
    assert.ok(!net.sent.slice(sent).some(({ to }) => to.port === 68))
    assert.equal((await run(machine.dhcp(OVMF))).file, json.reply.file)
  })

  it("prints a handle that equals MNT's bytes", async () => {
    await start()
    await assign('fb14')
    const text = await run(emit(lab, { kind: 'loader-env', name: 'fb14' }))
    assert.ok(text.includes(`boot.nfsroot.nfshandle="X${HANDLE.toString('hex')}X"`))
    assert.ok(text.includes(`boot.nfsroot.nfshandlelen="${HANDLE.length}"`))
  })
})
