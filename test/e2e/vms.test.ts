import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { GUEST_UP, type GuestReport, parseGuestReport } from '../rig/guest-report.ts'
import { LAB } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { PACKAGES, Site } from '../rig/site.ts'
import { ensurePackages } from '../support/packages.ts'

const MINUTES = 60_000
const MACHINES = [
  { name: 'v-uefi', mac: '52:54:00:00:77:11', ip: '192.168.77.61', firmware: 'uefi' },
  { name: 'v-bios', mac: '52:54:00:00:77:12', ip: '192.168.77.62', firmware: 'bios' },
] as const

/** What a machine has to come up in that cannot: more than the 16 s for which iPXE asks for an IPv6 router. */
const ONCE_SECONDS = 40
/** KVM is not tried: where it is nested, it often cannot run firmware. */
const TCG = ['--vm-accel', 'tcg']

describe('be bootpxe starts virtual machines on this host', function () {
  this.timeout(10 * MINUTES)
  let site: Site
  let service: Program

  before(async () => {
    await ensurePackages(PACKAGES)
    site = await Site.open()
    service = await site.serve()
    await site.addGuestBe('shared')
    await site.addGuestBe('broken')
    // More than the machine has memory for: iPXE gives up before it has it.
    await site.lab.run(['sh', '-c', 'truncate -s 3G /ROOT/broken/boot/vmlinuz-*'])
    for (const { name, mac, ip, firmware } of MACHINES) {
      const hardware = ['--kind', 'qemu', '--firmware', firmware, '--memory', '512']
      await site.be('machine', 'add', name, mac, '--ip', ip, ...hardware)
    }
    await site.be('sharepxe', '--ro', 'shared')
    await site.be('sharenfs', 'broken')
  })
  after(async () => {
    await site?.close()
  })

  /** What the guest says of itself to who attaches to its console. */
  async function word(machine: string): Promise<GuestReport> {
    const console = site.lab.start(site.command('console', machine), { name: `console of ${machine}` })
    const said = await console.transcript.waitFor(GUEST_UP, 4 * MINUTES)
    await console.ended
    return parseGuestReport(said)
  }

  const states = async (): Promise<Record<string, string>> => {
    const all = JSON.parse(await site.be('vm', 'list', '--json'))
    return Object.fromEntries(
      all.map(({ machine, state }: { machine: string; state?: { phase: string } }) => [
        machine,
        state?.phase,
      ]),
    )
  }

  it('two at once, UEFI and BIOS, on one read-only boot environment; each goes off by itself', async () => {
    const started = await site.be('bootpxe', 'shared', ...MACHINES.map(({ name }) => name), ...TCG)
    for (const { name } of MACHINES) assert.match(started, new RegExp(`${name} runs shared by qemu`))
    assert.match(await site.lab.run(['ip', '-br', 'link']), /tap007711 [\s\S]*tap007712 /)
    const said = await Promise.all(MACHINES.map(({ name }) => word(name)))
    for (const [index, { name }] of MACHINES.entries()) {
      const { kernel: _, ...rest } = said[index]!
      assert.deepEqual(rest, { be: 'shared', root: `${LAB.server}:/ROOT/shared`, type: 'nfs', machine: name })
    }
    while (Object.values(await states()).some(phase => phase !== 'off')) await sleep(200)
    assert.doesNotMatch(await site.lab.run(['ip', '-br', 'link']), /tap0077/)
    assert.match(await site.lab.run(['ip', '-br', 'link']), /^br0 /m, "the admin's bridge stays")
  })

  it('the log tells of the start as of the rest of the boot', async () => {
    const log = await site.be('log', 'v-uefi')
    assert.match(log, / vm:started [^\n]*launch=qemu[\s\S]* dhcp:ack /)
  })
  it('a command that a machine is started for: its output, and its exit status', async () => {
    const command = ['sh', '-c', 'echo "here $1"; exit 5', 'sh', 'and now']
    const boot = ['boot', '--on', 'qemu', '-m', 'v-bios', ...TCG, 'shared', '--', ...command]
    const said = await site.lab.run(['sh', '-c', '"$@"; echo "status $?"', 'sh', ...site.command(...boot)])
    assert.match(said, /^here and now$[\s\S]*^status 5$/m)
  })

  it('one that is cut off in its loader this once boots what it had', async () => {
    await service.stop(15_000)
    await site.serve('--boot-once', String(ONCE_SECONDS))
    assert.match(
      await site.be('bootpxe', '-t', 'broken', 'v-bios', ...TCG),
      /v-bios will boot broken once, then shared/,
    )
    const wait = site.command('wait', 'v-bios', '--timeout', String(10 * ONCE_SECONDS))
    const waited = await site.lab.run(['sh', '-c', '"$@"; echo "status $?"', 'sh', ...wait])
    assert.match(waited, /^status 75$/m)
    assert.match(waited, /expected .*kernel/)
    const log = await site.be('log', 'v-bios')
    assert.match(log, / once:expired broken .*expected=kernel .*next=shared/)
    await site.be('vm', 'restart', 'v-bios', ...TCG)
    assert.equal((await word('v-bios')).root, `${LAB.server}:/ROOT/shared`)
  })
})
