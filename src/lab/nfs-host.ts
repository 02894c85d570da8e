import type { Settings } from '../config/schema.ts'
import { BeError } from '../errors/errors.ts'
import type { Host } from '../host/host.ts'
import { localHost } from '../host/local.ts'
import type { Platform } from '../host/platform.ts'
import { openSshHost } from '../host/ssh.ts'
import { parseSshUrl } from '../host/ssh-url.ts'
import { isAddress } from '../net/ipv4.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { createDriver, type DriverContext } from '../nfs/drivers/index.ts'
import { noneDriver } from '../nfs/drivers/none.ts'

/** What drivers are made of. */
export interface DriverParts extends Omit<DriverContext, 'stateDir' | 'exportsDir'> {
  settings: Settings
}

/** The host that nfs.host names; this one, if none. Throws BE_NFS_SERVER and those of openSshHost. */
export async function openNfsHost(settings: Settings, platform: Platform): Promise<Host> {
  nfsServerOf(settings) // a host that machines cannot find is of no use
  const target = parseSshUrl(settings['nfs.host'] ?? '')
  if (target === undefined) return localHost(platform)
  const there = settings['nfs.platform']
  return openSshHost({ target, dir: settings['state.dir']!, ...(there && { platform: there }) })
}

/**
 * The address that machines mount from, if the settings say: nfs.server, or that of nfs.host. Throws
 * BE_NFS_SERVER where only a name is known: loaders look none up.
 */
export function nfsServerOf(settings: Settings): string | undefined {
  if (settings['nfs.server'] !== undefined) return settings['nfs.server']
  const target = parseSshUrl(settings['nfs.host'] ?? '')
  if (target === undefined || isAddress(target.host)) return target?.host
  throw new BeError('BE_NFS_SERVER', `what is the address of ${target.host} in the lab?`, {
    expected: 'nfs.server: loaders cannot look names up',
    hint: 'set nfs.server',
  })
}

/** The driver that nfs.driver names. Throws BE_NFS_HOST. */
export const makeDriver = ({ settings, ...context }: DriverParts): Promise<NfsDriver> =>
  createDriver(settings['nfs.driver'], {
    ...context,
    stateDir: settings['state.dir']!,
    exportsDir: settings['exports.dir']!,
  })

/** The driver; while its host cannot be reached, one that looks for it again at each start. */
export async function driverOrLater(find: () => Promise<NfsDriver>): Promise<NfsDriver> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof BeError && error.exit === 'config') throw error
    return { ...noneDriver('freebsd'), start: async shares => (await find()).start?.(shares) }
  }
}
