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

/** What makeDriver needs. */
export interface DriverParts extends Omit<DriverContext, 'stateDir' | 'exportsDir'> {
  settings: Settings
}

/** The host that nfs.host names; without nfs.host this one. Throws BE_NFS_SERVER and the errors of openSshHost. */
export async function openNfsHost(settings: Settings, platform: Platform): Promise<Host> {
  nfsServerOf(settings) // for its error: machines could not mount from that host
  const target = parseSshUrl(settings['nfs.host'] ?? '')
  if (target === undefined) return localHost(platform)
  const there = settings['nfs.platform']
  return openSshHost({ target, dir: settings['state.dir']!, ...(there && { platform: there }) })
}

/**
 * The address that machines mount from, if the settings have one: nfs.server, or that of nfs.host. Throws
 * BE_NFS_SERVER where nfs.host has only a name: loaders cannot resolve names.
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

/**
 * The driver that `open` resolves with. Where that fails, as when its host cannot be reached, a driver whose `start` opens
 * it again. Throws errors of the configuration.
 */
export async function driverOrLater(open: () => Promise<NfsDriver>): Promise<NfsDriver> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof BeError && error.exit === 'config') throw error
    return { ...noneDriver('freebsd'), start: async shares => (await open()).start?.(shares) }
  }
}
