import { crc32 } from 'node:zlib'
import { isAddress } from '../../net/ipv4.ts'

/**
 * One address and the machine that has it. A `released` address is kept for its machine until another one needs
 * it; a `declined` one is in quarantine because another host uses it, a `quarantined` one because the line that said
 * whose it is was damaged.
 */
export interface Lease {
  ip: string
  /** Lower-case, colons. */
  mac: string
  state: 'bound' | 'released' | 'declined' | 'quarantined'
  /** When the lease, or the quarantine, ends: ms since the epoch, by LeaseDatabase.now(). */
  until: number
}

/** One line of the lease log, newline included: `a1b2c3d4 bound 52:54:00:77:00:01 192.168.77.130 1795380167000`. */
export function formatLease(lease: Lease): string {
  const text = `${lease.state} ${lease.mac} ${lease.ip} ${Math.round(lease.until)}`
  return `${checksum(text)} ${text}\n`
}

const LINE =
  /^(bound|released|declined|quarantined) ((?:[0-9a-f]{2}:){0,15}[0-9a-f]{2}) (\d+\.\d+\.\d+\.\d+) (\d+)$/

/** Reads a line, newline excluded; undefined when it is incomplete or damaged, or says what cannot be. */
export function parseLease(line: string): Lease | undefined {
  const text = line.slice(9)
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(text)) return undefined
  const found = LINE.exec(text)
  if (found === null) return undefined
  const [, state, mac, ip, until] = found
  if (!isAddress(ip!) || !Number.isSafeInteger(Number(until))) return undefined
  return { ip: ip!, mac: mac!, state: state as Lease['state'], until: Number(until) }
}

/** Whether the address belongs to the machine that the lease names. */
export const hasOwner = ({ state }: Lease): boolean => state === 'bound' || state === 'released'

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')
