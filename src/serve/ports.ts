import { BeError } from '../errors/errors.ts'
import { type PortUser, portUsers } from '../host/port-users.ts'
import { deviceOf } from '../net/device.ts'
import type { Endpoint, Network } from '../net/net.ts'

/**
 * Throws BE_PORT_TAKEN when another program has our DHCP port, by a bind without SO_REUSEADDR. Our own sockets use that
 * option, so that one can be bound to 0.0.0.0 and one to the lab address, and would share the port with that program.
 * Programs whose sockets are bound to another interface (libvirt's dnsmasq) do not conflict.
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

/** Calls `start`, which opens listeners; adds the name of the program that has the port to a BE_PORT_TAKEN. */
export async function listening<T>(start: () => Promise<T>, usersOf = portUsers): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!isTaken(error)) throw error
    // The port is in the error only: `start` may open several.
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
