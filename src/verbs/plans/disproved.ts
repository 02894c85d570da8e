import type { BootEnvironment } from '../../be/be.ts'
import type { Finding } from '../../be/check/finding.ts'
import { findPlace } from '../../be/tree/walk.ts'
import type { FindingCode } from '../../errors/codes/index.ts'
import type { Lab } from '../../lab/lab.ts'
import { lifeOf } from '../../session/life.ts'
import { clientOf } from './client.ts'

/**
 * Findings that are concluded from what configuration files say. A machine that runs disproves them; what is so now
 * (missing files, mounts, shares, a refused boot plan) it does not.
 */
const CONCLUDED = new Set<FindingCode>([
  'BE_RC_NETWORK',
  'BE_RC_ROOT',
  'BE_LOADER_ROOT',
  'BE_INTERFACES_NETWORK',
  'BE_INITRD_NO_NFS',
  'BE_FSTAB_OTHER',
  'BE_FSTAB_LOCAL',
])

/** The files that they are concluded from. */
const FILES = [
  'etc/fstab',
  'etc/rc.conf',
  'etc/rc.conf.local',
  'boot/loader.conf',
  'boot/loader.conf.local',
  'etc/network/interfaces',
]

/**
 * The findings, where those that a machine disproves stop its kind of client no more, and say so: it is up with this
 * boot environment, and the files have not been changed since its boot began.
 */
export function withoutDisproved(
  { boots, inventory }: Pick<Lab, 'boots' | 'inventory'>,
  be: BootEnvironment,
  findings: readonly Finding[],
): Finding[] {
  const changed = lastChange(be)
  const running = boots.all().flatMap(({ machine, boot }) => {
    const kind = boot?.be === be.name && boot.began > changed ? clientOf(boot)?.kind : undefined
    const isUp = boot !== undefined && lifeOf(boot)?.state === 'up'
    return kind !== undefined && isUp ? [{ name: inventory.get(machine)?.name ?? machine, kind }] : []
  })
  return findings.map(finding => {
    const proof = running.filter(({ kind }) => finding.stops.includes(kind))
    if (!CONCLUDED.has(finding.code) || proof.length === 0) return finding
    const kinds = new Set(proof.map(({ kind }) => kind))
    const by = [...new Set(proof.map(({ name, kind }) => `${name} by ${kind}`))].join(', ')
    return {
      ...finding,
      stops: finding.stops.filter(client => !kinds.has(client)),
      message: `${finding.message}; yet it was booted: ${by}`,
    }
  })
}

/** When one of the files was changed last, in ms since 1970. */
function lastChange({ path }: BootEnvironment): number {
  const times = FILES.map(file => findPlace(path, file)?.stat?.mtimeNs ?? 0n)
  return times.reduce((a, b) => Math.max(a, Number(b / 1_000_000n)), 0)
}
