import assert from 'node:assert/strict'
import { applyRecord, type Boot } from '../../src/session/boots.ts'
import { inferEvent } from '../../src/session/inferred-event.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { ACK, bootsOf, FILE, IPXE, LOADER, records, UEFI } from './boot-records.ts'

/** What the last record proves of the boot; `seesRoots`: the NFS server is our own. */
function concluded(seesRoots: boolean, lines: string[]): string | undefined {
  let boot: Boot | undefined
  let event: ReturnType<typeof inferEvent>
  for (const record of records(...lines)) {
    boot = applyRecord(boot, record)
    event = boot && inferEvent(boot, record, seesRoots)
  }
  return event && [event.event, event.detail?.evidence ?? event.level].join(' ').trim()
}

const proved = (...lines: string[]) => concluded(false, lines)
const seen = (...lines: string[]) => concluded(true, lines)

describe('what proves that a system is up', () => {
  const boot = [...UEFI, ACK, FILE, ...LOADER]
  const asks = 'os dhcp:ack ip=192.168.2.7'
  const traffic = (calls: number) => `os nfs:traffic be=fb14 bytes=1000 calls=${calls}`
  const KERNEL = 'loader tftp:done file=/be/fb14/boot/kernel/kernel bytes=17000000'
  const quiet = Array.from({ length: 10 }, () => '- tftp:ended')

  it('its own DHCP after its kernel, where its root is on somebody else’s server', () => {
    const tftp = [...boot, 'loader boot:plan be=fb14 handoff=tftp', KERNEL]
    assert.equal(proved(...tftp, asks), 'os:up dhcp')
    assert.equal(proved(...tftp, asks.replace('ack', 'taken')), 'os:up dhcp', 'as a proxy overhears it')
    assert.equal(proved(...tftp, 'os dhcp:discover'), undefined)
    assert.equal(seen(...tftp, asks), undefined, 'on ours its traffic shows it: this may be after a panic')
  })

  it('no DHCP after a loader alone: a test would go on with what its own disk holds', () => {
    assert.equal(proved(...boot, asks), 'boot:unsure', 'the kernel comes by somebody else’s NFS')
    assert.equal(proved(...boot, 'os boot:unsure why=x', asks), undefined, 'said once')
    assert.equal(seen(...boot, asks), 'boot:own-disk warn', 'by ours, it would have been seen')
  })

  it('its root mount and the traffic after it; a kernel that panics makes neither long nor much', () => {
    const mounted = [...boot, 'os nfs:root be=fb14']
    assert.equal(proved(...mounted, traffic(500)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(3)), undefined)
    assert.equal(proved(...mounted, ...quiet, traffic(500)), 'os:up nfs')
  })

  it('nothing but its own word, where it holds the script that gives it', () => {
    const told = records(...boot)
    const script: SessionRecord = { ...told.at(-1)!, event: 'boot:call-back', detail: { script: true } }
    const [up] = bootsOf([...told, script])
    const [late] = records(asks)
    assert.equal(inferEvent(applyRecord(up, late!)!, late!), undefined)
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
    assert.equal(
      proved(...chain, 'ipxe tftp:done file=/be/fb14/boot/loader.efi bytes=9', asks),
      'boot:unsure',
    )
  })

  it('is said once', () => {
    assert.equal(proved(...boot, 'os os:up evidence=dhcp', asks), undefined)
    assert.equal(proved(...UEFI, ACK, 'os boot:own-disk', asks), undefined)
  })
})
