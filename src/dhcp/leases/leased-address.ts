import { join } from 'node:path'
import { readIfThere } from '../../host/files.ts'
import { parseLease } from './lease.ts'

/** The lease log of a service whose state lies in `stateDir`. */
export const leasesFile = (stateDir: string): string => join(stateDir, 'leases.log')

/** The address that a machine leased last, as the log says; the service may be writing it. */
export async function leasedAddress(stateDir: string, mac: string): Promise<string | undefined> {
  const text = (await readIfThere(leasesFile(stateDir))) ?? ''
  const leases = text.split('\n').flatMap(line => parseLease(line) ?? [])
  return leases.findLast(lease => lease.mac === mac && lease.state === 'bound')?.ip
}
