import assert from 'node:assert/strict'
import {
  type Boot,
  failureOf,
  nextReach,
  ownAddresses,
  reachedAt,
  reachOf,
  troubleOf,
} from '../../src/session/boots.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { ACK, bootsOf, FILE, IPXE, LOADER, last, records, START, UEFI } from './boot-records.ts'

const count = (...lines: string[]): number => bootsOf(records(...lines)).length

/** Records `ms` apart. */
const every = (ms: number, lines: string[]): SessionRecord[] =>
  records(...lines).map((record, n) => ({ ...record, time: new Date(START + n * ms).toISOString() }))
const late = (boot: Boot) => troubleOf(boot, boot.heard + 31_000)
const failure = (boot: Boot) => failureOf(boot, boot.heard + 1000)
const slowly = (...lines: string[]) => every(10_000, lines)

describe('session/boots', () => {
  it('all stages from firmware to OS are one boot', () => {
    const [boot, ...rest] = bootsOf(records(...UEFI, ACK, FILE, ...IPXE, ...LOADER, 'os dhcp:discover'))
    assert.deepEqual(rest, [])
    assert.deepEqual(boot?.stages, ['firmware', 'ipxe', 'loader', 'os'])
    assert.equal(boot.began, START)
  })

  it('an address of another server is its own only while it loads: who asks in its name later gets no token', () => {
    const taken = (stage: string, ip: string) => `${stage} dhcp:taken ip=${ip}`
    const booted = [...UEFI, taken('firmware', '192.168.2.7'), FILE, ...IPXE.slice(0, 3)]
    const kernel = 'ipxe http:get file=/be/fb14/boot/kernel/kernel bytes=30000000'
    assert.deepEqual(ownAddresses(last(...booted, taken('ipxe', '192.168.2.8'))).toSorted(), [
      '192.168.2.7',
      '192.168.2.8',
    ])
    for (const done of [kernel, 'os os:up'])
      assert.deepEqual(ownAddresses(last(...booted, done, taken('http', '192.168.2.66'))), ['192.168.2.7'])
  })

  it('an address that no boot program took is not its own, also before its firmware has one', () => {
    const asked = [...UEFI, 'os dhcp:taken ip=192.168.2.66', '- dhcp:taken ip=192.168.2.67']
    assert.deepEqual(ownAddresses(last(...asked)), [])
    assert.deepEqual(ownAddresses(last(...asked, ACK)), ['192.168.2.7'])
    const grub = last('grub dhcp:discover', 'grub dhcp:taken ip=192.168.2.7')
    assert.deepEqual(ownAddresses(grub), ['192.168.2.7'])
  })

  it('a repeated DISCOVER, even after an OFFER and its plan, is the same boot: its token must not change', () => {
    assert.equal(count(...IPXE.slice(0, 3), ...IPXE, ...LOADER), 1)
    assert.equal(count('firmware dhcp:discover', ...UEFI), 1)
    assert.equal(count(...UEFI, ACK, FILE, ...IPXE.slice(0, 3), ...IPXE), 1, 'iPXE behind firmware too')
  })

  it('a reboot is another boot, from firmware or from a ROM that is iPXE', () => {
    assert.equal(count(...UEFI, ACK, ...LOADER, ...UEFI, ACK, ...LOADER), 2)
    assert.equal(count(...IPXE, ...LOADER, ...IPXE, ...LOADER), 2)
    // A loop that never gets past its first stage shows as many boots, not as one long one.
    assert.equal(bootsOf(slowly(...UEFI, ACK, ...UEFI, ACK, ...UEFI, ACK)).length, 3)
    assert.equal(bootsOf(slowly(...IPXE, ...IPXE)).length, 2)
  })

  it('firmware that was never answered and asks again an hour later was switched off in between', () => {
    const [first, ...more] = records('firmware dhcp:discover', ...UEFI)
    const late = more.map(record => ({ ...record, time: new Date(START + 3_600_000).toISOString() }))
    assert.equal(bootsOf([first!, ...late]).length, 2)
  })

  it('firmware that goes on from PXE to HTTP without an address is in one boot', () => {
    assert.equal(count('firmware dhcp:discover', 'http dhcp:discover', 'http dhcp:ack', 'http http:get'), 1)
  })

  it('a laptop on the LAN is no boot, nor is a client that may be one, nor a kernel', () => {
    for (const stage of ['os', 'unknown', 'kernel']) {
      assert.equal(count(`${stage} dhcp:discover`, `${stage} dhcp:offer`, `${stage} dhcp:ack`), 0)
      assert.equal(count(...UEFI, ACK, FILE, `${stage} dhcp:discover`, `${stage} dhcp:ack`), 1)
    }
  })

  it("GRUB's net_bootp is part of the boot that loaded it, and begins one from a disk", () => {
    const grub = ['grub dhcp:discover', 'grub dhcp:offer', 'grub dhcp:ack']
    assert.equal(count(...UEFI, ACK, FILE, ...IPXE, ...grub, ...LOADER), 1)
    assert.equal(count(...grub, 'grub http:get file=/be/d/boot/vmlinuz bytes=9', ...grub), 2)
  })

  it('U-Boot, which asks for a script and then for an EFI program, is in one boot', () => {
    const tries = [
      'firmware dhcp:discover',
      ACK,
      'firmware tftp:missing',
      'firmware dhcp:discover',
      ACK,
      FILE,
    ]
    assert.equal(count(...tries), 1)
    assert.equal(count(...tries, ...tries), 2, 'a restart')
    assert.equal(bootsOf(slowly(...tries)).length, 2, 'a restart of firmware that fetched nothing')
  })

  it('records how far it came, when, and what comes next', () => {
    const steps: [line: string, reach: string, next: string | undefined][] = [
      [ACK, 'asked', 'file'],
      [FILE, 'file', 'loader'],
      ['loader dhcp:discover', 'loader', 'kernel'],
      ['loader tftp:done file=/be/fb14/boot/kernel/kernel bytes=17000000', 'kernel', 'up'],
      ['os os:up evidence=call-back uname=FreeBSD', 'up', undefined],
    ]
    for (const [index, [, reach, next]] of steps.entries()) {
      const boot = last(...UEFI, ...steps.slice(0, index + 1).map(([line]) => line))
      assert.equal(reachOf(boot), reach)
      assert.equal(nextReach(reachOf(boot)), next)
      assert.equal(reachedAt(boot, 'asked'), START)
    }
    const boot = last(...UEFI, ...steps.map(([line]) => line))
    assert.deepEqual(boot.bytes, { tftp: 17_640_000, http: 0, nfs: 0 })
    assert.deepEqual([boot.be, boot.evidence, boot.uname], ['fb14', 'call-back', 'FreeBSD'])
    assert.deepEqual(boot.addresses, ['192.168.2.7'])
  })

  it('sees the stages of HTTP boot, where one DHCP exchange is all there is', () => {
    const base = ['http dhcp:discover', 'http boot:plan be=fb14 handoff=http', 'http dhcp:ack']
    const fetched = 'http http:get file=/m/x/boot/loader.efi bytes=5 status=200'
    assert.equal(reachOf(last(...base, fetched)), 'file')
    const missing = 'http http:get file=/m/x/boot/loader.conf bytes=0 status=404'
    assert.equal(reachOf(last(...base, fetched, missing)), 'loader', 'a loader requests its configuration')
    const kernel = 'http http:get file=/m/x/boot/kernel/kernel bytes=9 status=200'
    assert.equal(reachOf(last(...base, fetched, kernel)), 'kernel')
  })

  it('sees those of Linux behind iPXE', () => {
    const script = 'ipxe http:get file=/m/x/boot.ipxe bytes=300'
    assert.equal(reachOf(last(...IPXE, script)), 'loader')
    const kernel = 'ipxe http:get file=/be/deb12/boot/vmlinuz-6.1.0-9-amd64 bytes=8000000'
    assert.equal(reachOf(last(...IPXE, script, kernel)), 'kernel')
  })

  it('says at which stage a boot stopped, and what was expected', () => {
    assert.equal(failure(last(...UEFI, ACK, FILE)), 'fb14: it came to file, expected loader')
    const trouble = 'firmware tftp:failed file=/be/fb14/boot/loader.efi why=silence'
    assert.match(failure(last(...UEFI, trouble))!, /asked, expected file .*loader\.efi: silence/)
    assert.equal(failure(last(...UEFI, 'os os:up evidence=dhcp')), undefined)
    assert.equal(failure(last('firmware dhcp:discover')), undefined, 'nothing was assigned to it')
  })

  it('says what it may be when firmware fetched an EFI program and nothing comes after it', () => {
    const boot = last(...UEFI, ACK, FILE)
    assert.equal(troubleOf(boot, boot.heard + 29_000), undefined, 'it may be starting')
    const why = '/be/fb14/boot/loader.efi was fetched, and nothing came after it: refused by Secure Boot?'
    assert.ok(troubleOf(boot, boot.heard + 31_000)?.startsWith(why), troubleOf(boot, boot.heard + 31_000))
    assert.match(
      failureOf(boot, boot.heard + 31_000)!,
      /it came to file, expected loader \(.*Secure Boot/,
      'when it is over',
    )
    assert.equal(late(last(...UEFI, ACK)), undefined, 'it fetched nothing')
    assert.equal(late(last(...UEFI, ACK, FILE.replace('loader.efi', 'pxeboot'))), undefined, 'a BIOS')
    assert.equal(late(last(...UEFI, ACK, FILE, ...LOADER)), undefined, 'it started')
    const failed = last(...UEFI, ACK, FILE, 'firmware tftp:failed file=x why=timeout')
    assert.equal(late(failed), 'x: timeout', 'the cause is known')
  })

  it('a Raspberry Pi that loads U-Boot, and U-Boot that asks as UEFI, are one boot; as it began is a restart', () => {
    const asks = (arch: number): SessionRecord[] =>
      slowly('firmware dhcp:discover', ACK, FILE).map(record => ({
        ...record,
        detail: { ...record.detail, arch },
      }))
    assert.equal(bootsOf([...asks(0), ...asks(22), ...asks(11), ...asks(22)]).length, 1)
    assert.equal(bootsOf([...asks(0), ...asks(22), ...asks(0)]).length, 2)
    const kernel = 'firmware tftp:done file=/1234abcd/kernel8.img bytes=9000000'
    assert.equal(reachOf(last(...UEFI, ACK, kernel)), 'kernel')
  })

  it('a failure that did not stop it is forgotten', () => {
    const trouble = 'firmware tftp:failed file=/be/fb14/boot/loader.efi why=silence'
    assert.equal(last(...UEFI, ACK, trouble, FILE).trouble, undefined)
    const refused = 'firmware boot:refused be=fb14 why=not_shared'
    assert.equal(last('firmware dhcp:discover', refused).trouble, 'not_shared')
    assert.equal(last('firmware dhcp:discover', refused, ...UEFI).trouble, undefined)
  })

  it('what a machine reports becomes one line without control characters', () => {
    const [up] = records('os os:up evidence=call-back')
    up!.detail = { ...up!.detail, uname: 'FreeBSD\u001b]0;x\u0007\nruns \u202eother', root: '\u009b2J' }
    const [boot] = bootsOf([...records(...UEFI), up!])
    assert.equal(boot?.uname, 'FreeBSD\\x1b]0;x\\x07\\nruns \\u{202e}other')
    assert.equal(boot.root, '\\x9b2J')
    const [failed] = records('- tftp:failed why=silence')
    failed!.detail!.file = '\u001b[2Jx'
    assert.equal(bootsOf([...records(...UEFI), failed!])[0]?.trouble, '\\x1b[2Jx: silence')
  })

  it('a mount by the system on its own disk is no root of the boot', () => {
    const other = ['os nfs:mounted be=files', 'os nfs:traffic be=files bytes=9 calls=900']
    const boot = last(...UEFI, ACK, FILE, ...other)
    assert.deepEqual([reachOf(boot), boot.calls, boot.bytes.nfs], ['file', 0, 0])
  })

  it('a call-back outweighs what looked like the system on its own disk', () => {
    const boot = last(...UEFI, ACK, 'os boot:own-disk', 'os os:up evidence=call-back')
    assert.deepEqual([boot.ownDisk, reachOf(boot)], [undefined, 'up'])
  })
})
