import type { Host } from '../host/host.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { makeDriver, nfsServerOf, openNfsHost } from './nfs-host.ts'
import type { Effective } from './settings.ts'
import type { LabSubnets } from './subnets.ts'

/** What the connection to the NFS host is made of. */
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
  /** The computer on which the server runs. Rejects as openSshHost does. */
  host(): Promise<Host>
  /** Rejects as makeDriver does. */
  driver(): Promise<NfsDriver>
  close(): void
}

/** The access that nfs.host, nfs.server and nfs.driver describe. */
export function nfsAccess({ effective, subnets, network, clock, warn }: NfsAccessOptions): NfsAccess {
  const { settings, platform } = effective
  const host = retryable(() => openNfsHost(settings, platform))
  const driver = retryable(async () =>
    makeDriver({ settings, network, clock, warn, host: await host.get(), address: subnets.lab.address }),
  )
  return {
    get server() {
      return nfsServerOf(settings) ?? subnets.lab.address
    },
    host: host.get,
    driver: driver.get,
    close() {
      host.peek()?.then(
        open => open.close(),
        () => {}, // it never opened
      )
      host.forget()
      driver.forget()
    },
  }
}

/** Something made on first use, once; a failure is not kept, so that the next use tries again. */
function retryable<T>(make: () => Promise<T>) {
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
    peek: () => made,
    forget: () => {
      made = undefined
    },
  }
}
