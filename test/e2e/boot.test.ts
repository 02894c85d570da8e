import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Lab } from '../../src/lab/lab.ts'
import { readSettings } from '../../src/lab/settings.ts'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import type { GuestReport } from '../rig/guest-report.ts'
import { GUEST_UP, parseGuestReport } from '../rig/guest-report.ts'
import { LAB } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import type { Firmware } from '../rig/qemu.ts'
import { GANESHA_PACKAGES, PACKAGES, Site } from '../rig/site.ts'
import { ensurePackages } from '../support/packages.ts'

const MINUTES = 60_000
const MACHINES: { firmware: Firmware; name: string; mac: string; ip: string }[] = [
  { firmware: 'uefi', name: 'm-uefi', mac: '52:54:00:00:77:01', ip: '192.168.77.51' },
  { firmware: 'bios', name: 'm-bios', mac: '52:54:00:00:77:02', ip: '192.168.77.52' },
]

describe('a machine boots from the network, firmware to NFS root', function () {
  this.timeout(10 * MINUTES)
  let site: Site
  let listener: Program
  /** The same state as another command sees it. */
  let lab: Lab

  before(async () => {
    await ensurePackages(PACKAGES)
    site = await Site.open()
    await site.serve()
    lab = new Lab(await readSettings({ config: join(site.dir, 'be.toml') }))
    const station = await site.lab.station('station', '192.168.77.9/24')
    const program = `${import.meta.dirname}/../rig/wol-listener.ts`
    listener = site.lab.start([...station, process.execPath, program], { name: 'wol-listener' })
    await listener.transcript.waitFor(/^listening$/m, MINUTES)
    for (const be of ['first', 'second']) {
      await site.addGuestBe(be)
      await site.be('sharenfs', be)
    }
  })

  after(async () => {
    lab?.close()
    await site?.close()
  })

  /** Waits until the guest has said what it runs from, and is off again. */
  async function word(guest: Program): Promise<GuestReport> {
    const said = parseGuestReport(await guest.transcript.waitFor(GUEST_UP, 3 * MINUTES))
    await guest.ended
    return said
  }

  it('prints the handle that MNT grants, byte for byte, as the kernel reads it', async () => {
    const { handle } = JSON.parse(await site.be('sharenfs', 'first', '--json')) as { handle: string }
    const text = await site.be('emit', 'loader-env', 'first')
    assert.ok(
      text.includes(
        `boot.nfsroot.nfshandle="X${handle}X"\nboot.nfsroot.nfshandlelen="${handle.length / 2}"\n`,
      ),
      text,
    )
  })

  it('be serve exports them itself, read-only', async () => {
    assert.match(await site.be('list', '-H'), /^first\t.*\tro\t/m)
  })

  for (const { firmware, name, mac, ip } of MACHINES) {
    it(`${firmware}: to the boot environment that sharepxe gave it`, async () => {
      await site.be('machine', 'add', name, mac, '--ip', ip)
      await site.be('sharepxe', 'first', name)
      const command = ['sh', '-c', 'echo it is "$1"; exit 3', 'sh', '$(fine)']
      const id = requestCommand(lab, { machine: name, be: 'first', command, seconds: 60 })
      const { kernel, ...said } = await word(await site.switchOn(firmware, mac))
      const root = `${LAB.server}:/ROOT/first`
      assert.deepEqual(said, { be: 'first', root, type: 'nfs', machine: name })
      assert.match(kernel, /^\d+\.\d+/)
      const { status, output } = await awaitCommand(lab, { id, seconds: 60 })
      assert.deepEqual([status, String(output)], [3, 'it is $(fine)\n'], 'a command in the guest')
      await site.be('wait', name, '--timeout', '5')
      const [now] = JSON.parse(await site.be('status', name, '--json'))
      assert.deepEqual([now.runs, now.root], ['first', `${root} nfs`])
      assert.match(now.evidence, /^(call-back|nfs)$/, 'its last sign of life')
    })

    it(`${firmware}: woken by bootpxe, once, to another one, and from then on what it had`, async () => {
      const woken = listener.transcript.waitFor(new RegExp(`^magic ${mac}$`, 'm'), MINUTES)
      const [, moved] = await Promise.all([woken, site.be('bootpxe', '-t', 'second', name)])
      assert.match(moved, new RegExp(`${name} will boot second once, then first`))
      // The magic packet is what switches it on.
      const said = await word(await site.switchOn(firmware, mac))
      assert.equal(said.root, `${LAB.server}:/ROOT/second`)
      assert.equal(said.be, 'second')
      assert.equal(said.machine, name)
      assert.match(await site.be('log', name), / once:done second .*evidence=call-back next=first/)
    })

    it(`${firmware}: the log tells both boots in order`, async () => {
      const log = await site.be('log', name)
      const files = [...log.matchAll(/ http:get .*file=\/be\/(\w+)\/boot\/(vmlinuz|initrd)/g)]
      const told = files.map(([, be, file]) => `${be}/${file}`)
      assert.deepEqual(told, ['first/vmlinuz', 'first/initrd', 'second/vmlinuz', 'second/initrd'])
      assert.match(
        log,
        / dhcp:discover [\s\S]* dhcp:ack [\s\S]* wol:sent [\s\S]* dhcp:discover [\s\S]* dhcp:ack /,
      )
    })
  }
})

describe('a machine boots with its root on nfs-ganesha, which be drives', function () {
  this.timeout(10 * MINUTES)
  let site: Site

  before(async () => {
    await ensurePackages([...PACKAGES, ...GANESHA_PACKAGES])
    site = await Site.open('ganesha')
    await site.serve()
    await site.addGuestBe('first')
  })
  after(() => site?.close())

  it('uefi: to the boot environment that sharepxe gave it', async () => {
    const { firmware, name, mac, ip } = MACHINES[0]!
    await site.be('machine', 'add', name, mac, '--ip', ip)
    await site.be('sharepxe', 'first', name)
    const guest = await site.switchOn(firmware, mac)
    const { root } = parseGuestReport(await guest.transcript.waitFor(GUEST_UP, 3 * MINUTES))
    assert.equal(root, `${LAB.server}:/ROOT/first`)
    await guest.ended
  })
})
