import type { ChangeOptions } from '../../host/change.ts'
import type { Lab } from '../../lab/lab.ts'
import type { ShareContext } from '../../nfs/share.ts'
import { withExportsLock } from '../../state/lock.ts'
import { waitForLoaders } from './loaders.ts'

/** The parts of a lab that changing exports uses. */
export type ExportsLab = Pick<
  Lab,
  | 'settings'
  | 'store'
  | 'shares'
  | 'nfs'
  | 'subnets'
  | 'network'
  | 'clock'
  | 'stateDir'
  | 'dryRun'
  | 'say'
  | 'warn'
>

/** `force`: reload exports although a machine is between its loader and its kernel. */
export async function shareContext(lab: ExportsLab, force = false): Promise<ShareContext> {
  return {
    driver: await lab.nfs.driver(),
    host: await lab.nfs.host(),
    store: lab.shares,
    network: lab.network,
    clock: lab.clock,
    server: lab.nfs.server,
    localAddress: lab.subnets.lab.address,
    warn: lab.warn,
    ...(!force && { untilQuiet: () => waitForLoaders(lab) }),
  }
}

/** Does the work under the lock of the exports, which each command rewrites as a whole. With -n without the lock. */
export const changingExports = <T>(
  { dryRun, stateDir, clock }: ExportsLab,
  work: () => Promise<T>,
): Promise<T> => (dryRun ? work() : withExportsLock(stateDir, clock, work))

export const changeOptions = ({ dryRun, say }: ExportsLab): ChangeOptions => ({
  dryRun,
  ...(dryRun && { say: line => say(`would ${line}`) }),
})
