import { driverOrLater } from '../lab/nfs-host.ts'
import { withExportsLock } from '../state/lock.ts'
import { serveNfs } from './embedded-nfs.ts'
import { NfsSupervisor } from './nfs-supervisor.ts'
import type { PartContext } from './part.ts'

/**
 * Exports all shares, by the embedded NFS server or by the one that the driver starts, which is supervised from then on.
 * Calls `onDriver` with the driver's name before that. Throws BE_NFS_PORT_TAKEN and what the driver throws.
 */
export async function startNfs(
  { lab, network, emit, started }: PartContext,
  onDriver: (name: string) => void,
): Promise<void> {
  const { shares, clock, stateDir } = lab
  const driver = await driverOrLater(() => lab.nfs.driver())
  onDriver(driver.name)
  if (driver.serve !== undefined) {
    const isOurs = (address: string) => lab.subnets.isOurs(address)
    started(await serveNfs(driver.serve, { network, emit, shares: lab.sharesNow, isOurs }))
    return
  }
  const supervisor = new NfsSupervisor({
    driver,
    clock,
    emit,
    shares: () => shares.all(),
    alone: work => withExportsLock(stateDir, clock, work),
  })
  started(supervisor)
  await supervisor.start()
}
