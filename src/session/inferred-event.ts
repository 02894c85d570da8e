import type { Boot } from './boots.ts'
import type { SessionEvent } from './event.ts'
import type { SessionRecord } from './record.ts'

/** Traffic on the root, this long after the mount and so much of it, is more than a kernel that panics makes. */
const SETTLED_MS = 10_000
const SETTLED_CALLS = 50

const UNSURE =
  'a system asked for an address: this one, or that of its own disk; be prepare lets it say which it is'

/**
 * What a record that was just added to a boot proves: that the system is up, where nothing in it would say so itself;
 * that another one is, from the machine's own disk; or that it is one of the two. `seesRoots`: the NFS server is our
 * own, so that no kernel has its root from elsewhere.
 */
export function inferEvent(boot: Boot, record: SessionRecord, servesRoots = false): SessionEvent | undefined {
  const { event, stage, ip } = record
  const { reached, reports = false } = boot
  if (reached.up !== undefined || boot.ownDisk !== undefined) return undefined
  const about = { mac: boot.mac, ip, stage: 'os', be: boot.be }
  const up = (evidence: string) => (reports ? undefined : { event: 'os:up', ...about, detail: { evidence } })
  if (event === 'nfs:traffic' && isSettled(boot)) return up('nfs')
  if (stage !== 'os' || !/^dhcp:(ack|taken)$/.test(event)) return undefined
  if (reached.kernel !== undefined) {
    // Its traffic tells more: this may be an initramfs, or the own disk after a panic.
    return servesRoots ? undefined : up('dhcp')
  }
  if (!servesRoots && loadsUnseen(boot)) {
    const said = reports || boot.unsure === true
    return said ? undefined : { event: 'boot:unsure', ...about, detail: { why: UNSURE } }
  }
  const why = `it asked for an address, and fetched ${reached.file === undefined ? 'no file' : 'no kernel'} before`
  const level = boot.be === undefined ? 'debug' : 'warn'
  return { event: 'boot:own-disk', level, ...about, detail: { why } }
}

function isSettled({ mounted, calls, heard }: Boot): boolean {
  return mounted !== undefined && heard - mounted >= SETTLED_MS && calls >= SETTLED_CALLS
}

/** Its loader runs, or may, and reads the kernel from somebody else's NFS server. */
function loadsUnseen({ reached, handoff, chained = false }: Boot): boolean {
  return (handoff === 'nfs' && reached.loader !== undefined) || (handoff === 'arguments' && chained)
}
