import { BeError } from '../errors/errors.ts'
import { type PortUser, portUsers } from '../host/port-users.ts'
import { deviceOf } from '../net/device.ts'
import type { Endpoint, Network } from '../net/net.ts'

/**
 * Throws BE_PORT_TAKEN when another program has our DHCP port. Our own sockets use SO_REUSEADDR, so that one can be bound
 * to 0.0.0.0 and one to the lab address, and would share the port with that program; a bind without it fails. Programs
 * whose sockets are bound to another interface (libvirt's dnsmasq) are no obstacle.
 */
export async function refuseOtherListener(
  network: Network,
  { address, port }: Endpoint,
  usersOf = portUsers,
): Promise<void> {
  try {
    const socket = await network.udp({ address, port })
    socket.close()
  } catch (error) {
    if (!isTaken(error)) throw error
    const users = await usersOf('udp', port)
    const lab = deviceOf(address)
    if (users.length > 0 && users.every(({ device }) => device !== undefined && device !== lab)) return
    throw error
  }
}

/** Starts a listener; when its port is taken, the error names the program that has it. */
export async function listening<T>(start: () => Promise<T>, usersOf = portUsers): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!isTaken(error)) throw error
    // A service may have several ports: only the error names the one that is taken.
    const [, protocol, port] = /^(UDP|TCP) \S+:(\d+) /.exec(error.message) ?? []
    if (port === undefined) throw error
    throw named(error, await usersOf(protocol === 'UDP' ? 'udp' : 'tcp', Number(port)))
  }
}

const isTaken = (error: unknown): error is BeError =>
  error instanceof BeError && error.code === 'BE_PORT_TAKEN'

function named(error: BeError, users: readonly PortUser[]): BeError {
  const programs = [...new Set(users.flatMap(({ program }) => program ?? []))]
  if (programs.length === 0) return error
  const message = error.message.replace(/by another program$/, `by ${programs.join(' and ')}`)
  const { hint, cause } = error
  return new BeError('BE_PORT_TAKEN', message, { hint, cause })
}
