import { isAddress } from '../../net/ipv4.ts'
import { type Lease, parseLease } from './lease.ts'

/** The longest lease that can be set (dhcp.lease), in ms: one that ends later was given while the clock was wrong. */
const LONGEST_MS = 31_536_000_000

/** Addresses that are quarantined for damaged lines, at most: a file that is no lease log may show any number. */
const MOST_QUARANTINED = 10_000

/** Of a quarantined address nobody knows who has it. */
const NOBODY = '00:00:00:00:00:00'

/** What a lease log holds. */
export interface LogContents {
  /** In the order in which they replace each other. */
  leases: Lease[]
  lines: number
  /** The last line has no end. */
  incomplete: boolean
  /** Lines that are damaged, incomplete, or cannot be a lease. */
  damaged: string[]
  /** Addresses on damaged lines that nobody gets, until `quarantineMs` from now. */
  quarantined: number
  /** Leases that end later than any can, and were shortened. */
  tooLong: number
}

/**
 * Reads a lease log. An address on a damaged line may be in use, by a machine that cannot be told: it is quarantined,
 * unless a line that is whole says more. Not that of an incomplete last line, which a crash leaves: that lease was never
 * acknowledged.
 */
export function readLog(text: string, now: number, quarantineMs: number): LogContents {
  const contents: LogContents = {
    ...{ leases: [], lines: 0, incomplete: false },
    ...{ damaged: [], quarantined: 0, tooLong: 0 },
  }
  const lines = text.split('\n')
  // The last item is empty after a complete line, else the incomplete line.
  if (lines.at(-1) === '') lines.pop()
  else contents.incomplete = true
  const current = new Map<string, Lease>()
  const lost = new Set<string>()
  for (const [index, line] of lines.entries()) {
    const lease = parseLease(line)
    if (lease !== undefined) {
      if (lease.until > now + LONGEST_MS) {
        lease.until = now + quarantineMs
        contents.tooLong++
      }
      contents.leases.push(lease)
      current.set(lease.ip, lease)
      lost.delete(lease.ip)
    } else {
      contents.damaged.push(line)
      const ip = shownAddress(line)
      const incomplete = contents.incomplete && index === lines.length - 1
      if (ip !== undefined && !incomplete && lost.size < MOST_QUARANTINED) lost.add(ip)
    }
  }
  for (const ip of lost) contents.leases.push(afterDamage(ip, current.get(ip), now, now + quarantineMs))
  contents.lines = lines.length
  contents.quarantined = lost.size
  return contents
}

/** A lease that runs can only have been renewed; nobody else was given the address. */
function afterDamage(ip: string, before: Lease | undefined, now: number, until: number): Lease {
  if (before?.state === 'bound' && before.until > now)
    return { ...before, until: Math.max(before.until, until) }
  return { ip, mac: NOBODY, state: 'quarantined', until }
}

function shownAddress(line: string): string | undefined {
  const [text] = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/.exec(line.slice(0, 200)) ?? []
  return text !== undefined && isAddress(text) ? text : undefined
}
