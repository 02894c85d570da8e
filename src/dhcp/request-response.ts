import { NO_ADDRESS } from '../net/ipv4.ts'
import type { Pool } from './leases/pool.ts'
import { addressOption, type DhcpMessage } from './message.ts'
import { OPTION } from './options/codes.ts'

/** How a DHCPREQUEST is responded to; `why` goes into the event, and into the NAK. */
export type RequestResponse = { act: 'ack'; ip: string } | { act: 'nak' | 'silence'; why: string }

const ack = (ip: string): RequestResponse => ({ act: 'ack', ip })
const nak = (why: string): RequestResponse => ({ act: 'nak', why })
const silence = (why: string): RequestResponse => ({ act: 'silence', why })

/**
 * The response to a DHCPREQUEST that is not for another server, by the state that the client is in (RFC 2131,
 * section 4.3.2 and table 4).
 */
export function responseToRequest(message: DhcpMessage, mac: string, pool: Pool): RequestResponse {
  const requested = addressOption(message, OPTION.requestedAddress)
  const ciaddr = message.ciaddr === NO_ADDRESS ? undefined : message.ciaddr
  if (addressOption(message, OPTION.serverId) !== undefined) return selecting(mac, requested ?? ciaddr, pool)
  if (ciaddr !== undefined) return renewing(mac, ciaddr, pool)
  if (requested !== undefined) return initReboot(mac, requested, pool)
  // Some clients name neither address nor server: taken for SELECTING, with the offer that they got.
  return selecting(mac, pool.offered(mac), pool)
}

function selecting(mac: string, ip: string | undefined, pool: Pool): RequestResponse {
  if (ip === undefined) return silence('neither option 50 nor ciaddr nor an offer')
  const claim = pool.claim(mac, ip)
  // `free`: the offer has lapsed, or was made before this server was restarted.
  return claim === 'mine' || claim === 'free' ? ack(ip) : nak(`${ip} is not available`)
}

/** RENEWING and REBINDING: the client uses the address. */
function renewing(mac: string, ip: string, pool: Pool): RequestResponse {
  const claim = pool.claim(mac, ip)
  if (claim === 'foreign') return silence(`${ip} is on another network`)
  if (claim === 'unknown') return silence(`${ip} was not given by this server`)
  // ACK also when the lease is lost here, with the log or a line of it: a machine with its root on NFS does not survive a change of address.
  return claim === 'taken' ? nak(`${ip} belongs to another machine`) : ack(ip)
}

function initReboot(mac: string, ip: string, pool: Pool): RequestResponse {
  if (pool.claim(mac, ip) === 'foreign') return nak(`${ip} is wrong for this network`)
  const preferred = pool.preferred(mac)
  // With no record of the client the server MUST remain silent.
  if (preferred === undefined) return silence(`no lease of ${mac} is known`)
  return preferred === ip ? ack(ip) : nak(`its address is ${preferred}`)
}
