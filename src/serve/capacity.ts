import { descriptorLimit } from '../host/descriptors.ts'
import type { Lab } from '../lab/lab.ts'
import { HTTP_LIMITS } from '../net/http.ts'
import type { Emit } from '../session/event.ts'

/** TFTP transfers and HTTP connections at a time, on each address. */
export interface Capacity {
  transfers: number
  connections: number
}

/** Descriptors for all else: DHCP, state, logs, programs; and for NFS, a part of the limit up to its 2048 connections. */
const OTHERS = 256
const NFS = 2560
const NFS_PART = 1 / 4

/** Each transfer and each connection may need a socket and a file. */
const EACH = 2

/** What is wanted as far as descriptors last: the part of it that fits, at least one of each. */
export function fitted(wanted: Capacity, addresses: number, limit: number | undefined): Capacity {
  if (limit === undefined) return wanted
  const left = limit - OTHERS - Math.min(NFS, limit * NFS_PART)
  const part = left / (EACH * addresses * (wanted.transfers + wanted.connections))
  if (part >= 1) return wanted
  const share = (number: number) => Math.max(1, Math.floor(number * part))
  return { transfers: share(wanted.transfers), connections: share(wanted.connections) }
}

/** What the settings allow, or as much of that as the limit of open files does, with a warning then. */
export function capacityOf({ settings, subnets }: Pick<Lab, 'settings' | 'subnets'>, emit: Emit): Capacity {
  const limit = descriptorLimit()
  const addresses = subnets.addresses.length
  const connections = Math.ceil(HTTP_LIMITS.all / addresses)
  const wanted = { transfers: settings['tftp.transfers'], connections }
  const capacity = fitted(wanted, addresses, limit)
  if (capacity !== wanted) {
    const hint = 'raise the limit of open files (ulimit -n, LimitNOFILE= in systemd.exec(5), login.conf(5))'
    const detail = {
      ...{ limit, 'tftp-transfers': capacity.transfers, 'http-connections': capacity.connections },
      hint,
    }
    emit({ event: 'serve:few-descriptors', level: 'warn', detail })
  }
  return capacity
}
