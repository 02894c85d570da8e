import type { Host } from '../host/host.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { makeDriver, nfsServerOf, openNfsHost } from './nfs-host.ts'
import type { Effective } from './settings.ts'
import type { LabSubnets } from './subnets.ts'

/** What nfsAccess needs. */
export interface NfsAccessOptions {
  effective: Effective
  subnets: LabSubnets
  network: Network
  clock: Clock
  warn: (line: string) => void
}

/** The NFS server that exports boot environments: its host and its driver, each opened on first use. */
export interface NfsAccess {
  /** The address that machines mount from. Throws BE_NFS_SERVER. */
  readonly server: string
  /** The computer that the server runs on. Rejects as openNfsHost does. */
  host(): Promise<Host>
  /** Rejects as makeDriver does. */
  driver(): Promise<NfsDriver>
  close(): void
}

/** The NFS server that nfs.host, nfs.server and nfs.driver describe. */
export function nfsAccess({ effective, subnets, network, clock, warn }: NfsAccessOptions): NfsAccess {
  const { settings, platform } = effective
  const host = onFirstUse(() => openNfsHost(settings, platform))
  const driver = onFirstUse(async () =>
    makeDriver({ settings, network, clock, warn, host: await host.get(), address: subnets.lab.address }),
  )
  return {
    get server() {
      return nfsServerOf(settings) ?? subnets.lab.address
    },
    host: host.get,
    driver: driver.get,
    close() {
      host.current()?.then(
        open => open.close(),
        () => {}, // it was not opened
      )
      host.reset()
      driver.reset()
    },
  }
}

/** A value that is made on first use and kept; after a failure the next use tries again. */
function onFirstUse<T>(make: () => Promise<T>) {
  let made: Promise<T> | undefined
  const get = (): Promise<T> => {
    made ??= make().catch(error => {
      made = undefined
      throw error
    })
    return made
  }
  return {
    get,
    current: () => made,
    reset: () => {
      made = undefined
    },
  }
}
