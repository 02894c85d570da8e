import type net from 'node:net'
import { BeError, errno } from '../errors/errors.ts'
import { deviceOf } from './device.ts'
import type { Endpoint } from './net.ts'

/** What UDP, TCP and HTTP have in common when a socket is opened. */

/** The error of bind(2) or listen(2), as one that says what to do. Errors that are not known pass as they are. */
export function bindError(error: Error, at: Endpoint, protocol: string): Error {
  const where = `${protocol} ${at.address}:${at.port}`
  switch (errno(error)) {
    case 'EADDRINUSE':
      return new BeError('BE_PORT_TAKEN', `${where} is in use by another program`, {
        hint: `stop it (see: sockstat -4l, ss -lnp), or choose another port or address`,
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new BeError('BE_PORT_PERMISSION', `may not listen on ${where}`, {
        hint: 'ports below 1024 need root',
        cause: error,
      })
    case 'EADDRNOTAVAIL':
      return notLocal(at.address, error)
    default:
      return error
  }
}

/** Throws BE_ADDRESS_NOT_LOCAL unless an interface of this host has the address. */
export function checkLocalAddress(address: string): void {
  if (deviceOf(address) === undefined) throw notLocal(address)
}

const notLocal = (address: string, cause?: unknown): BeError =>
  new BeError('BE_ADDRESS_NOT_LOCAL', `${address} is not an address of this host`, {
    hint: 'set lab.address to the address of the interface that faces the lab',
    cause,
  })
/**
 * Connections that wait to be accepted; the system may grant less (net.core.somaxconn, kern.ipc.soacceptqueue). Beyond them
 * a connection takes a second more, as its SYN is dropped: Node's 511 are reached when many machines boot.
 */
const BACKLOG = 4096

/** Resolves when the server listens. Rejects with what bindError makes of the failure. */
export async function listening(server: net.Server, at: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(bindError(error, at, 'TCP')))
    server.listen({ host: at.address, port: at.port, exclusive: true, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
  // accept(2) can fail for a while (too many open files): the server goes on.
  server.on('error', () => {})
}

/** The address and port that a server listens on. */
export function boundTo(server: net.Server): Endpoint {
  const { address, port } = server.address() as net.AddressInfo
  return { address, port }
}

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as plain IPv4; others as they are. */
export const unmapped = (address = ''): string => address.replace(/^::ffff:/, '')
