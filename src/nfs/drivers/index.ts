import { BeError } from '../../errors/errors.ts'
import type { Host } from '../../host/host.ts'
import { platformFacts } from '../../host/platform.ts'
import type { Clock, Network } from '../../net/net.ts'
import type { NfsDriver } from '../driver.ts'
import { embeddedDriver } from './embedded.ts'
import { freebsdDriver, isMountdEnabled } from './freebsd.ts'
import { ganeshaDriver } from './ganesha.ts'
import { linuxDriver, nfsdRuns } from './linux.ts'
import { noneDriver } from './none.ts'

/** What a driver may need of its surroundings. */
export interface DriverContext {
  /** The NFS host: this one, or that of nfs.host. */
  host: Host
  /** The lab address. */
  address: string
  network: Network
  clock: Clock
  warn: (line: string) => void
  /** state.dir: a driver that runs a server keeps its files below it. */
  stateDir: string
  /** exports.dir. */
  exportsDir: string
}

/** One driver. */
interface DriverEntry {
  create(context: DriverContext): NfsDriver
  /** Its server is a process of this host, so it cannot be used with nfs.host. */
  localOnly?: boolean
  /** For nfs.driver auto: whether this server is part of the host's system and switched on there. */
  detect?(host: Host): Promise<boolean>
}

/** By value of nfs.driver; `auto` tries those with `detect` in this order. */
const DRIVERS = {
  freebsd: { create: freebsdDriver, detect: isMountdEnabled },
  linux: { create: linuxDriver, detect: nfsdRuns },
  ganesha: { create: ganeshaDriver, localOnly: true },
  embedded: { create: embeddedDriver, localOnly: true },
  none: { create: ({ host }) => noneDriver(platformFacts(host.platform).exportsFormat) },
} as const satisfies Record<string, DriverEntry>

export type DriverName = keyof typeof DRIVERS

/**
 * Creates the driver of this name. `auto`: the first one whose server is switched on; else the embedded one, or
 * none if the NFS host is another host. Throws BE_NFS_HOST.
 */
export async function createDriver(name: DriverName | 'auto', context: DriverContext): Promise<NfsDriver> {
  const { host } = context
  const chosen = name === 'auto' ? await detectDriver(host) : name
  const { create, localOnly }: DriverEntry = DRIVERS[chosen]
  if (localOnly && !host.local) throw notOnOtherHost(chosen, host)
  return create(context)
}

async function detectDriver(host: Host): Promise<DriverName> {
  const entries: [string, DriverEntry][] = Object.entries(DRIVERS)
  for (const [name, { detect }] of entries) if (await detect?.(host)) return name as DriverName
  return host.local ? 'embedded' : 'none'
}

const notOnOtherHost = (driver: string, { name }: Host): BeError =>
  new BeError('BE_NFS_HOST', `nfs.driver ${driver} is a process of ours, and ${name} is another host`, {
    hint: 'use nfs.driver auto, or leave nfs.host out',
  })
