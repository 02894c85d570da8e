import assert from 'node:assert/strict'
import { applyRecord, type Boot } from '../../src/session/boots.ts'
import { inferEvent } from '../../src/session/evidence.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { ACK, bootsOf, FILE, IPXE, LOADER, records, UEFI } from './boot-records.ts'

/** The event that follows from the last record, with its evidence or level. */
function inferred(servesRoots: boolean, lines: string[]): string | undefined {
  let boot: Boot | undefined
  let event: ReturnType<typeof inferEvent>
  for (const record of records(...lines)) {
    boot = applyRecord(boot, record)
    event = boot && inferEvent(boot, record, servesRoots)
  }
  return event && [event.event, event.detail?.evidence ?? event.level].join(' ').trim()
}

/** With an NFS server that is not ours, and with our own. */
const proved = (...lines: string[]) => inferred(false, lines)
const seen = (...lines: string[]) => inferred(true, lines)

describe('session/evidence', () => {
  const boot = [...UEFI, ACK, FILE, ...LOADER]
  const asks = 'os dhcp:ack ip=192.168.2.7'
  const traffic = (calls: number) => `os nfs:traffic be=fb14 bytes=1000 calls=${calls}`
  const KERNEL = 'loader tftp:done file=/be/fb14/boot/kernel/kernel bytes=17000000'
  const quiet = Array.from({ length: 10 }, () => '- tftp:ended')

  it('up: DHCP of the system after its kernel, when its root is on an NFS server that is not ours', () => {
    const tftp = [...boot, 'loader boot:plan be=fb14 handoff=tftp', KERNEL]
    assert.equal(proved(...tftp, asks), 'os:up dhcp')
    assert.equal(
      proved(...tftp, asks.replace('ack', 'taken')),
      'os:up dhcp',
      'an ACK of another server, seen by proxy DHCP',
    )
    assert.equal(proved(...tftp, 'os dhcp:discover'), undefined)
    assert.equal(
      seen(...tftp, asks),
      undefined,
      'with our own server its traffic decides: this may be after a panic',
    )
  })

  it('unsure: DHCP after a loader without a kernel; it could be the system on its own disk', () => {
    assert.equal(proved(...boot, asks), 'boot:unsure', 'the kernel comes from an NFS server that is not ours')
    assert.equal(proved(...boot, 'os boot:unsure why=x', asks), undefined, 'only once')
    assert.equal(seen(...boot, asks), 'boot:own-disk warn', 'our own server would have seen the mount')
  })

  it('up: the mount of its root and enough traffic after it; a kernel that panics makes less', () => {
    const mounted = [...boot, 'os nfs:mounted be=fb14']
    assert.equal(proved(...mounted, traffic(500)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(3)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(500)), 'os:up nfs')
  })

  it('up by its traffic after minutes, where the script for the call-back is there and cannot run', () => {
    const script = 'loader boot:call-back'
    const mounted = [
      'os nfs:mounted be=fb14',
      'loader tftp:done file=/be/fb14/boot/kernel/kernel bytes=17000000',
    ]
    const minutes = (count: number) => Array.from({ length: count * 60 }, () => '- tftp:ended')
    const late = (count: number, last: string, servesRoots: boolean) => {
      const all = records(...boot, script, ...mounted, ...minutes(count), last).map(record =>
        record.event === 'boot:call-back' ? { ...record, detail: { script: true } } : record,
      )
      const [now] = bootsOf(all)
      return inferEvent(now!, all.at(-1)!, servesRoots)?.detail?.evidence
    }
    assert.equal(late(1, traffic(500), true), undefined, 'its script may still come to run')
    assert.equal(late(5, traffic(500), true), 'nfs')
    assert.equal(late(5, traffic(3), true), undefined, 'a kernel that panicked')
    assert.equal(late(1, asks, false), undefined)
    assert.equal(late(5, asks, false), 'dhcp')
  })

  it('nothing but its call-back, when its boot environment has the script for it', () => {
    const loaded = records(...boot)
    const script: SessionRecord = { ...loaded.at(-1)!, event: 'boot:call-back', detail: { script: true } }
    const [up] = bootsOf([...loaded, script])
    const [late] = records(asks)
    assert.equal(inferEvent(applyRecord(up, late!)!, late!), undefined)
  })

  it('own disk: DHCP of a system that fetched no kernel', () => {
    assert.equal(proved(...UEFI, ACK, asks), 'boot:own-disk warn')
    assert.equal(proved(...UEFI, ACK, FILE, asks), 'boot:own-disk warn', 'the loader gave up')
    assert.equal(
      proved('firmware dhcp:discover', ACK, asks),
      'boot:own-disk debug',
      'nothing was assigned to it',
    )
    const tftp = [...boot, 'loader boot:plan be=fb14 handoff=tftp']
    assert.equal(proved(...tftp, asks), 'boot:own-disk warn', 'a kernel by TFTP would have been seen')
    const chain = [
      ...IPXE,
      'ipxe boot:plan be=fb14 handoff=arguments',
      'ipxe http:get file=/m/x/boot.ipxe bytes=9',
    ]
    assert.equal(proved(...chain, asks), 'boot:own-disk warn')
    assert.equal(
      proved(...chain, 'ipxe tftp:done file=/be/fb14/boot/loader.efi bytes=9', asks),
      'boot:unsure',
    )
  })

  it('each only once', () => {
    assert.equal(proved(...boot, 'os os:up evidence=dhcp', asks), undefined)
    assert.equal(proved(...UEFI, ACK, 'os boot:own-disk', asks), undefined)
  })
})
