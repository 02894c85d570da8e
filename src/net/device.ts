import os from 'node:os'

/** Network interfaces: name → addresses. */
export type Devices = Record<string, readonly string[]>

/** The interfaces of this host. */
export function hostDevices(): Devices {
  const all = Object.entries(os.networkInterfaces())
  return Object.fromEntries(all.map(([name, has = []]) => [name, has.map(({ address }) => address)]))
}

/** The name of the interface that has the address; undefined when none has. */
export const deviceOf = (address: string, devices: Devices = hostDevices()): string | undefined =>
  Object.entries(devices).find(([, has]) => has.includes(address))?.[0]
