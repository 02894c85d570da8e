import type { Settings } from '../config/schema.ts'
import { isAddress } from '../config/subnet.ts'
import { BeError } from '../errors/errors.ts'
import type { Host } from '../host/host.ts'
import { localHost } from '../host/local.ts'
import { type Platform, platformFacts } from '../host/platform.ts'
import { openSshHost } from '../host/ssh.ts'
import { parseSshUrl } from '../host/ssh-url.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { embeddedDriver } from '../nfs/drivers/embedded.ts'
import { freebsdDriver } from '../nfs/drivers/freebsd.ts'
import { Mountd } from '../nfs/drivers/freebsd-mountd.ts'
import { isYes, readRc } from '../nfs/drivers/freebsd-rc.ts'
import { ganeshaDriver } from '../nfs/drivers/ganesha.ts'
import { linuxDriver, nfsdRuns } from '../nfs/drivers/linux.ts'
import { noneDriver } from '../nfs/drivers/none.ts'

/** What drivers are made of. */
export interface DriverParts {
  settings: Settings
  /** The NFS host. */
  host: Host
  /** Our address in the lab. */
  address: string
  network: Network
  clock: Clock
  warn: (line: string) => void
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
    exit: 'config',
  })
}

/** The driver that nfs.driver names; auto: the one of the NFS server that is there, or ours. */
export async function makeDriver(parts: DriverParts): Promise<NfsDriver> {
  const { settings, host } = parts
  const chosen = settings['nfs.driver']
  switch (chosen === 'auto' ? await found(host) : chosen) {
    case 'freebsd':
      return freebsdDriver(parts)
    case 'linux':
      return linuxDriver(parts)
    case 'embedded':
      if (!host.local) throw away('embedded', host)
      return embeddedDriver(parts)
    case 'ganesha':
      if (!host.local) throw away('ganesha', host)
      return ganeshaDriver({
        ...parts,
        stateDir: settings['state.dir']!,
        exportsDir: settings['exports.dir']!,
        platform: host.platform,
      })
    default:
      return noneDriver(platformFacts(host.platform).exportsFormat)
  }
}

/** The driver; while its host cannot be reached, one that looks for it again at each start. */
export async function driverOrLater(find: () => Promise<NfsDriver>): Promise<NfsDriver> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof BeError && error.exit === 'config') throw error
    return { ...noneDriver('freebsd'), start: async shares => (await find()).start?.(shares) }
  }
}

/** The NFS server of the host's own system, if it is switched on or runs; else ours, which serves here alone. */
async function found(host: Host): Promise<'freebsd' | 'linux' | 'embedded' | 'none'> {
  const { platform } = host
  const runs = platform === 'linux' ? await nfsdRuns(host) : await isMountdWanted(host)
  if (runs) return platform
  return host.local ? 'embedded' : 'none'
}

async function isMountdWanted(host: Host): Promise<boolean> {
  try {
    const rc = await readRc(host)
    const enabled = isYes(rc.get('nfs_server_enable')) || isYes(rc.get('mountd_enable'))
    return enabled || (await new Mountd(host).running()) !== undefined
  } catch (error) {
    if (error instanceof BeError && error.code === 'BE_PROGRAM_MISSING') return false
    throw error
  }
}

const away = (driver: string, { name }: Host): BeError =>
  new BeError('BE_NFS_HOST', `nfs.driver ${driver} is a process of ours, and ${name} is another host`, {
    hint: 'use nfs.driver auto, or leave nfs.host out',
    exit: 'config',
  })
