import type { Settings } from '../config/schema.ts'
import { type Platform, platformFacts } from '../host/platform.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { embeddedDriver } from '../nfs/drivers/embedded.ts'
import { ganeshaDriver } from '../nfs/drivers/ganesha.ts'
import { noneDriver } from '../nfs/drivers/none.ts'

/** The driver that nfs.driver names. */
export function makeDriver(
  settings: Settings,
  platform: Platform,
  address: string,
  network: Network,
  clock: Clock,
): NfsDriver {
  if (settings['nfs.driver'] === 'none') return noneDriver(platformFacts(platform).exportsFormat)
  if (settings['nfs.driver'] === 'embedded') return embeddedDriver({ address, clock })
  return ganeshaDriver({
    stateDir: settings['state.dir']!,
    exportsDir: settings['exports.dir']!,
    address,
    platform,
    network,
    clock,
  })
}
