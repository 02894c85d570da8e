import { join } from 'node:path'
import { parseLease } from '../dhcp/leases/lease.ts'
import { readIfThere } from '../host/files.ts'

export const leasesFile = (stateDir: string): string => join(stateDir, 'leases.log')

/** The address that a machine leased last, read off the log of a service that may be running. */
export async function leasedAddress(stateDir: string, mac: string): Promise<string | undefined> {
  const text = (await readIfThere(leasesFile(stateDir))) ?? ''
  const leases = text.split('\n').flatMap(line => parseLease(line) ?? [])
  return leases.findLast(lease => lease.mac === mac && lease.state === 'bound')?.ip
}
