import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import type { Arch } from '../../src/be/be.ts'
import type { CheckedClient } from '../../src/be/check/finding.ts'
import { formatOption } from '../../src/dhcp/options/text.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { checkEnvironment } from '../../src/verbs/plans/check.ts'
import { explain } from '../../src/verbs/plans/explain.ts'
import { elf, pe } from '../be/images.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { OVMF, OVMF_HTTP, type Program, SimMachine } from './clients.ts'
import { HANDLE, SimSite } from './site.ts'

const MAC = '52:54:00:12:34:56'

/** A client's requests with another type of processor architecture (option 93). */
const announcing = ({ name, options }: Program, type: number): Program => ({
  name: `${name} ${type}`,
  options: options.map(([code, value]) => {
    if (code === 93) return [code, Buffer.from([0, type])]
    const text = value.toString('latin1').replace(/Arch:\d{5}/, `Arch:${String(type).padStart(5, '0')}`)
    return [code, code === 60 ? Buffer.from(text, 'latin1') : value]
  }),
})

const FIRMWARES: { kind: CheckedClient; arch: Arch; program: Program }[] = [
  { kind: 'uefi', arch: 'amd64', program: OVMF },
  { kind: 'uefi', arch: 'arm64', program: announcing(OVMF, 11) },
  { kind: 'uefi', arch: 'i386', program: announcing(OVMF, 6) },
  { kind: 'bios', arch: 'amd64', program: announcing(OVMF, 0) },
  { kind: 'http', arch: 'amd64', program: OVMF_HTTP },
]

const RC = 'root_rw_mount="NO"\nrpc_lockd_enable="YES"\n'

/** FreeBSD trees as far as a check reads them: ELF machine of the kernel, PE machine of the loader. */
const TREES: Record<string, Record<string, string | Buffer>> = {
  amd64: { 'boot/pxeboot': 'x', 'boot/loader.efi': pe(0x8664), 'boot/kernel/kernel': elf(62, { osabi: 9 }) },
  arm64: { 'boot/loader.efi': pe(0xaa64), 'boot/kernel/kernel': elf(183, { osabi: 9 }) },
  i386: { 'boot/pxeboot': 'x', 'boot/kernel/kernel': elf(3, { osabi: 9 }) },
}

describe('check and explain say what a boot shows', () => {
  const tmp = temporaryDirectory()
  let site: SimSite

  beforeEach(async () => {
    site = await SimSite.start(tmp.path)
  })
  afterEach(() => site.stop())

  /** Shares a boot environment of this architecture, and assigns it to m1. */
  async function prepare(arch: string): Promise<void> {
    for (const [path, data] of Object.entries(TREES[arch]!)) site.file(`ROOT/fb-${arch}/${path}`, data)
    site.file(`ROOT/fb-${arch}/bin/freebsd-version`, 'USERLAND_VERSION="14.1-RELEASE"\n')
    site.file(`ROOT/fb-${arch}/etc/rc.conf`, RC)
    site.file(`ROOT/fb-${arch}/etc/fstab`, '')
    site.nfs.exports.set(`${tmp.path}/ROOT/fb-${arch}`, HANDLE)
    addMachine(site.lab, { name: 'm1', mac: MAC, fields: {} })
    await site.run(sharePxe(site.lab, { name: `fb-${arch}`, machines: ['m1'] }))
  }

  for (const tree of Object.keys(TREES)) {
    for (const { kind, arch, program } of FIRMWARES) {
      it(`a system for ${tree}, firmware ${program.name} (${kind}, ${arch})`, async () => {
        await prepare(tree)
        const before = await site.run(checkEnvironment(site.lab, { name: `fb-${tree}`, clients: [kind] }))
        const ack = await site.run(new SimMachine(site.net, MAC).dhcp(program))
        const boots = ack.file !== ''
        await site.net.clock.advance(1000) // its boot is in the state then
        // Before a machine was seen, the processor is taken to be that of the system.
        if (arch === tree || kind === 'bios') assert.equal(before.ok, boots, JSON.stringify(before))

        const after = await site.run(checkEnvironment(site.lab, { name: `fb-${tree}`, clients: [] }))
        assert.deepEqual(after.clients, [kind])
        assert.equal(after.ok, boots, JSON.stringify(after.findings))

        const { json } = await site.run(explain(site.lab, { machine: 'm1' }))
        const told = json as { firmware: string; arch: string; because: string; reply: Reply | null }
        assert.equal(told.firmware, kind === 'bios' ? 'bios' : 'uefi')
        assert.match(told.because, /^as it asked at /)
        assert.equal(told.reply?.file ?? '', ack.file)
        for (const { code, value } of told.reply?.options ?? []) {
          const sent = ack.options.find(([other]) => other === code)
          assert.equal(value, sent && formatOption(code, sent[1]), `option ${code}`)
        }
      })
    }
  }

  it('names the clients that were stopped, and not those that were not', async () => {
    await prepare('i386')
    const result = await site.run(checkEnvironment(site.lab, { name: 'fb-i386', clients: ['uefi', 'bios'] }))
    assert.deepEqual([result.can, result.cannot, result.ok], [['bios'], ['uefi'], false])
    const usual = await site.run(checkEnvironment(site.lab, { name: 'fb-i386', clients: [] }))
    assert.equal(usual.ok, true, 'one that can boot by BIOS alone can boot')
  })

  it('does not say that it cannot boot of what a machine booted just now, for as long as that is so', async () => {
    await prepare('amd64')
    const old = new Date(site.net.clock.now() - 3_600_000)
    site.file('ROOT/fb-amd64/etc/rc.conf', `${RC}ifconfig_em0="DHCP"\n`)
    const changed = (when: Date) => utimesSync(`${tmp.path}/ROOT/fb-amd64/etc/rc.conf`, when, when)
    for (const file of ['etc/rc.conf', 'etc/fstab']) utimesSync(`${tmp.path}/ROOT/fb-amd64/${file}`, old, old)
    const stops = async () => {
      const result = await site.run(
        checkEnvironment(site.lab, { name: 'fb-amd64', clients: ['uefi', 'bios'] }),
      )
      const finding = result.findings.find(({ code }) => code === 'BE_RC_NETWORK')!
      return { stops: finding.stops, message: finding.message }
    }
    assert.deepEqual((await stops()).stops, ['uefi', 'bios'])
    const machine = new SimMachine(site.net, MAC)
    await site.run(machine.dhcp(OVMF))
    site.lab.sessionLog.emit({
      event: 'os:up',
      mac: MAC,
      stage: 'os',
      be: 'fb-amd64',
      detail: { evidence: 'call-back' },
    })
    await site.net.clock.advance(10_000)
    const now = await stops()
    assert.deepEqual(now.stops, ['bios'])
    assert.match(now.message, /; yet it was booted: m1 by uefi$/)
    changed(new Date(site.net.clock.now()))
    assert.deepEqual((await stops()).stops, ['uefi', 'bios'], 'the file is not the one that it booted with')
    changed(old)
    site.lab.sessionLog.emit({ event: 'os:down', mac: MAC, stage: 'os', be: 'fb-amd64' })
    await site.net.clock.advance(10_000)
    assert.deepEqual((await stops()).stops, ['uefi', 'bios'], 'nothing shows it any more')
  })

  it('knows a machine by its entry in the inventory before it was seen', async () => {
    await prepare('amd64')
    addMachine(site.lab, { name: 'm2', mac: '52:54:00:00:00:02', fields: { firmware: 'bios' } })
    await site.run(sharePxe(site.lab, { name: 'fb-amd64', machines: ['m2'] }))
    const { text } = await site.run(explain(site.lab, { machine: 'm2' }))
    assert.match(text, /^m2 \S+ asks as firmware \(bios amd64\): by its entry in the inventory\n/)
    const { clients } = await site.run(checkEnvironment(site.lab, { name: 'fb-amd64', clients: [] }))
    assert.deepEqual(clients, ['bios'])
  })

  it('a server that serves no NFSv3 to kernels stops all that have their root there', async () => {
    site.nfs.tcp = false
    await site.net.clock.advance(5000)
    const result = await site.run(checkEnvironment(site.lab, { name: 'fb14', clients: ['uefi', 'jail'] }))
    const stop = result.findings.find(({ code }) => code === 'BE_NFS_NO_TCP')
    assert.deepEqual([result.ok, stop?.stops], [false, ['uefi']])
  })

  it("does not let a jail run another system's tree", async () => {
    const result = await site.run(checkEnvironment(site.lab, { name: 'deb12', clients: ['jail'] }))
    assert.equal(result.ok, true, 'linux(4) of FreeBSD runs it')
    site.lab.effective.platform = 'linux'
    const other = await site.run(checkEnvironment(site.lab, { name: 'fb14', clients: ['jail'] }))
    assert.deepEqual(
      [other.ok, other.findings.map(({ code }) => code)],
      [false, ['BE_ARCH_UNKNOWN', 'BE_FSTAB_NO_ROOT', 'BE_OS_MISMATCH']],
    )
  })
})

interface Reply {
  file: string | null
  options: { code: number; value: string }[]
}
