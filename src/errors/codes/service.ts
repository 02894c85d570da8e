import type { CodeEntry } from './entry.ts'

/** DHCP, ports and sockets of the running service: src/dhcp, src/net, src/serve. */
export const SERVICE = {
  BE_ADDRESS_NOT_LOCAL: {
    exit: 'config',
    meaning: 'The address to listen on is not one of this host: set lab.address to that of the interface.',
  },
  BE_ALREADY_SERVING: {
    exit: 'unavailable',
    meaning: 'Another be serve runs with the same state.dir.',
  },
  BE_DHCP_MALFORMED: { exit: 'data', meaning: 'A DHCP message cannot be decoded.' },
  BE_DHCP_OTHER_SERVER: {
    exit: 'unavailable',
    meaning: 'Another DHCP server answers on the network: stop it, or set dhcp.mode to "proxy".',
  },
  BE_DHCP_UNENCODABLE: { exit: 'data', meaning: 'A value is too long for its field in a DHCP message.' },
  BE_INTERFACE_SOCKETS: {
    exit: 'config',
    meaning: 'With several interfaces, be serve needs a socket for each from the service manager.',
  },
  BE_LEASE_LOG: { exit: 'unavailable', meaning: 'The file of leases cannot be read or written.' },
  BE_LISTEN_FDS: { exit: 'config', meaning: 'The sockets that the service manager hands over are wrong.' },
  BE_LOCAL_SOCKET: { exit: 'unavailable', meaning: 'A socket in a directory of this host cannot be used.' },
  BE_PORT_PERMISSION: { exit: 'permission', meaning: 'Only root may listen on this port.' },
  BE_PORT_TAKEN: { exit: 'unavailable', meaning: 'Another program listens on this port.' },
  BE_SERVE_LATE: { exit: 'tryAgain', meaning: 'be serve does not answer yet: its log says what keeps it.' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
