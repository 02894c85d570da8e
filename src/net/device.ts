import os from 'node:os'

/** Interfaces by name, with the addresses of each. */
export type Devices = Record<string, readonly string[]>

/** Those of this host. */
export function hostDevices(): Devices {
  const all = Object.entries(os.networkInterfaces())
  return Object.fromEntries(all.map(([name, has = []]) => [name, has.map(({ address }) => address)]))
}

/** The interface that has the address; undefined when none has. */
export const deviceOf = (address: string, devices: Devices = hostDevices()): string | undefined =>
  Object.entries(devices).find(([, has]) => has.includes(address))?.[0]
