import type { Boot } from './boots.ts'
import type { SessionEvent } from './event.ts'
import type { SessionRecord } from './record.ts'

/** A kernel that panics makes fewer NFS calls on its root, and none this long (ms) after the mount. */
const SETTLED_MS = 10_000
const SETTLED_CALLS = 50

/**
 * A system with the call-back script reports within this time (ms) of its kernel: minutes of rc(8), and the one for which
 * the script tries. If it goes on for longer without a report, its script cannot run.
 */
const REPORTS_MS = 240_000

const UNSURE =
  'a system asked for an address: this one, or that of its own disk; be prepare lets it say which it is'

/**
 * The event that follows from a record which was just added to a boot: `os:up` for a system that has no call-back,
 * or has not used it in time, `boot:own-disk` when the machine runs the system on its own disk, `boot:unsure` when it is one of the two. Undefined:
 * none. `servesRoots`: the appliance's own NFS server serves the roots, so that it sees the mount of every kernel.
 */
export function inferEvent(boot: Boot, record: SessionRecord, servesRoots = false): SessionEvent | undefined {
  const { event, stage, ip } = record
  const { reached, reports = false } = boot
  if (reached.up !== undefined || boot.ownDisk !== undefined) return undefined
  const about = { mac: boot.mac, ip, stage: 'os', be: boot.be }
  const up = (evidence: string) =>
    reports && !isLate(boot) ? undefined : { event: 'os:up', ...about, detail: { evidence } }
  if (event === 'nfs:traffic' && hasSettledTraffic(boot)) return up('nfs')
  if (stage !== 'os' || !/^dhcp:(ack|taken)$/.test(event)) return undefined
  if (reached.kernel !== undefined) {
    // With our own server, NFS traffic decides: this may be an initramfs, or the own disk after a panic.
    return servesRoots ? undefined : up('dhcp')
  }
  if (!servesRoots && loadsElsewhere(boot)) {
    const said = reports || boot.unsure === true
    return said ? undefined : { event: 'boot:unsure', ...about, detail: { why: UNSURE } }
  }
  const why = `it asked for an address, and fetched ${reached.file === undefined ? 'no file' : 'no kernel'} before`
  const level = boot.be === undefined ? 'debug' : 'warn'
  return { event: 'boot:own-disk', level, ...about, detail: { why } }
}

function isLate({ mounted, reached, heard }: Boot): boolean {
  const since = mounted ?? reached.kernel
  return since !== undefined && heard - since >= REPORTS_MS
}

function hasSettledTraffic({ mounted, calls, heard }: Boot): boolean {
  return mounted !== undefined && heard - mounted >= SETTLED_MS && calls >= SETTLED_CALLS
}

/** Whether its loader runs, or may, and reads the kernel from an NFS server that is not ours. */
function loadsElsewhere({ reached, handoff, chained = false }: Boot): boolean {
  return (handoff === 'nfs' && reached.loader !== undefined) || (handoff === 'arguments' && chained)
}
