import { leasedAddress } from '../../dhcp/leases/leased-address.ts'
import { wrongLabRoute, wrongRouteText } from '../../lab/broadcasts.ts'
import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { type WakeRecord, wake } from '../../wol/wol.ts'
import { machineIfReadable } from './find.ts'
import { recordWake } from './wake-record.ts'

export interface WakeInput {
  /** A machine of the inventory, or any MAC. */
  machine: string
  /** SecureOn password; default: the one in the inventory. */
  password?: string
}

export type WakeLab = Pick<
  Lab,
  | 'inventory'
  | 'effective'
  | 'run'
  | 'subnets'
  | 'network'
  | 'boots'
  | 'clock'
  | 'sessionLog'
  | 'stateDir'
  | 'dryRun'
  | 'say'
  | 'warn'
>

/** Sends a magic packet; with -n returns undefined. Throws BE_MACHINE_UNKNOWN, BE_MAC_INVALID, BE_WOL_…. */
export async function wakeMachine(
  lab: WakeLab,
  { machine: name, password: given }: WakeInput,
): Promise<WakeRecord | undefined> {
  const typed = readMac(name)
  const machine = typed === undefined ? lab.inventory.find(name) : machineIfReadable(lab, typed)
  const mac = machine?.mac ?? typed!
  const password = given ?? machine?.password
  // Sent on the subnet of its reserved or last leased address, or else on the lab's.
  const ip = machine?.ip ?? (await leasedAddress(lab.stateDir, mac).catch(() => undefined))
  const { server: from, broadcast } = lab.subnets.factsFor(ip)
  if (lab.dryRun) {
    lab.say(`would send a magic packet for ${mac} to ${broadcast} and 255.255.255.255`)
    return undefined
  }
  const { network } = lab
  const wrong = await wrongLabRoute(lab)
  if (wrong !== undefined) lab.warn(wrongRouteText(wrong))
  const record = await wake({ network, from, broadcast, mac, password })
  recordWake(lab, machine?.mac ?? record.mac)
  lab.sessionLog.emit({ event: 'wol:sent', mac: record.mac, detail: { to: sentTo(record).join(',') } })
  await lab.sessionLog.flush()
  return record
}

/** The destinations of the datagrams that could be sent: `10.0.0.255:9`. */
export const sentTo = ({ sent }: WakeRecord): string[] =>
  sent.filter(({ error }) => error === undefined).map(({ address, port }) => `${address}:${port}`)
