import assert from 'node:assert/strict'
import {
  advance,
  type Boot,
  bootsOf,
  conclusion,
  failureOf,
  nextOf,
  reachedAt,
  reachOf,
} from '../../src/session/boots.ts'
import type { SessionRecord } from '../../src/session/record.ts'

const START = Date.parse('2026-11-22T20:00:00Z')

/** Records a second apart, from `stage event key=value…` lines. */
function records(...lines: string[]): SessionRecord[] {
  return lines.map((line, second) => {
    const [stage, event, ...pairs] = line.split(' ')
    const fields = Object.fromEntries(pairs.map(pair => pair.split('=')))
    const { be, ip, ...detail } = fields
    const time = new Date(START + second * 1000).toISOString()
    return { time, mac: 'm', stage: stage === '-' ? undefined : stage, event: event!, be, ip, detail }
  })
}

const count = (...lines: string[]): number => bootsOf(records(...lines)).length
const last = (...lines: string[]): Boot => bootsOf(records(...lines)).at(-1)!

/** The boot, and what its last record proves. */
function proved(...lines: string[]): string | undefined {
  let boot: Boot | undefined
  let event: ReturnType<typeof conclusion>
  for (const record of records(...lines)) {
    boot = advance(boot, record)
    event = boot && conclusion(boot, record)
  }
  return event && `${event.event} ${event.detail?.evidence ?? event.level}`
}

const PLAN = 'firmware boot:plan be=fb14 handoff=nfs by=machine'
const UEFI = ['firmware dhcp:discover', PLAN, 'firmware dhcp:offer', 'firmware dhcp:request']
const ACK = 'firmware dhcp:ack ip=192.168.2.7'
const FILE = 'firmware tftp:done file=/be/fb14/boot/loader.efi bytes=640000'
const IPXE = ['ipxe dhcp:discover', 'ipxe boot:plan', 'ipxe dhcp:offer', 'ipxe dhcp:ack']
const LOADER = ['loader dhcp:discover', 'loader dhcp:offer', 'loader dhcp:ack', 'loader nfs:mount']

describe('boots in the log', () => {
  it('all stages of one way are one boot', () => {
    const [boot, ...rest] = bootsOf(records(...UEFI, ACK, FILE, ...IPXE, ...LOADER, 'os dhcp:discover'))
    assert.deepEqual(rest, [])
    assert.deepEqual(boot?.stages, ['firmware', 'ipxe', 'loader', 'os'])
    assert.equal(boot.began, START)
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
    assert.equal(count(...UEFI, ACK, ...UEFI, ACK, ...UEFI, ACK), 3)
    assert.equal(count(...IPXE, ...IPXE), 2)
  })

  it('firmware that was never answered and asks again an hour later was switched off in between', () => {
    const [first, ...more] = records('firmware dhcp:discover', ...UEFI)
    const late = more.map(record => ({ ...record, time: new Date(START + 3_600_000).toISOString() }))
    assert.equal(bootsOf([first!, ...late]).length, 2)
  })

  it('firmware that goes on from PXE to HTTP without an address is on one way', () => {
    assert.equal(count('firmware dhcp:discover', 'http dhcp:discover', 'http dhcp:ack', 'http http:get'), 1)
  })

  it('a laptop on the LAN is no boot', () => {
    assert.equal(count('os dhcp:discover', 'os dhcp:offer', 'os dhcp:request', 'os dhcp:ack'), 0)
  })

  it('tells how far it came, when, and what is to come next', () => {
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
      assert.equal(nextOf(reachOf(boot)), next)
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
    assert.equal(reachOf(last(...base, fetched, missing)), 'loader', 'a loader asks for its configuration')
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
    assert.equal(failureOf(last(...UEFI, ACK, FILE)), 'fb14: it came to file, expected loader')
    const trouble = 'firmware tftp:failed file=/be/fb14/boot/loader.efi why=silence'
    assert.match(failureOf(last(...UEFI, trouble))!, /asked, expected file .*loader\.efi: silence/)
    assert.equal(failureOf(last(...UEFI, 'os os:up evidence=dhcp')), undefined)
    assert.equal(failureOf(last('firmware dhcp:discover')), undefined, 'nothing was assigned to it')
  })
})

describe('what proves that a system is up', () => {
  const boot = [...UEFI, ACK, FILE, ...LOADER]
  const asks = 'os dhcp:ack ip=192.168.2.7'
  const traffic = (calls: number) => `os nfs:traffic bytes=1000 calls=${calls}`
  const quiet = Array.from({ length: 10 }, () => '- tftp:ended')

  it('its own DHCP after its loader, where the kernel comes by somebody else’s NFS', () => {
    assert.equal(proved(...boot, asks), 'os:up dhcp')
    assert.equal(proved(...boot, asks.replace('ack', 'taken')), 'os:up dhcp', 'as a proxy overhears it')
    assert.equal(proved(...boot, 'os dhcp:discover'), undefined)
  })

  it('its root mount and the traffic after it; a kernel that panics makes neither long nor much', () => {
    const mounted = [...boot, 'os nfs:root']
    assert.equal(proved(...mounted, traffic(500)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(3)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(500)), 'os:up nfs')
  })

  it('nothing but its own word, where it holds the script that gives it', () => {
    const told = records(...boot)
    const script: SessionRecord = { ...told.at(-1)!, event: 'boot:call-back', detail: { script: true } }
    const [up] = bootsOf([...told, script])
    const [late] = records(asks)
    assert.equal(conclusion(advance(up, late!)!, late!), undefined)
  })

  it('DHCP of a system that fetched no kernel is that of its own disk', () => {
    assert.equal(proved(...UEFI, ACK, asks), 'boot:own-disk warn')
    assert.equal(proved(...UEFI, ACK, FILE, asks), 'boot:own-disk warn', 'the loader gave up')
    assert.equal(proved('firmware dhcp:discover', ACK, asks), 'boot:own-disk debug', 'as it was to')
    const tftp = [...boot, 'loader boot:plan be=fb14 handoff=tftp']
    assert.equal(proved(...tftp, asks), 'boot:own-disk warn', 'a kernel by TFTP would have been seen')
    const chain = [
      ...IPXE,
      'ipxe boot:plan be=fb14 handoff=arguments',
      'ipxe http:get file=/m/x/boot.ipxe bytes=9',
    ]
    assert.equal(proved(...chain, asks), 'boot:own-disk warn')
    assert.equal(proved(...chain, 'ipxe tftp:done file=/be/fb14/boot/loader.efi bytes=9', asks), 'os:up dhcp')
  })

  it('is said once', () => {
    assert.equal(proved(...boot, 'os os:up evidence=dhcp', asks), undefined)
    assert.equal(proved(...UEFI, ACK, 'os boot:own-disk', asks), undefined)
  })
})
