import { labPool } from '../config/resolve.ts'
import type { DhcpLab } from '../dhcp/server-options.ts'
import { BeError } from '../errors/errors.ts'
import type { Lab } from '../lab/lab.ts'
import { deviceOf } from '../net/device.ts'
import type { InheritedNetwork } from '../net/inherited.ts'

/**
 * The networks that this host has an address in, each as its DHCP server takes it; what is behind relay agents
 * belongs to the lab's. Throws BE_POOL and what the settings of networks throw.
 */
export function attachedNetworks({
  effective,
  settings,
  subnet: lab,
  otherSubnets: others,
}: Lab): [DhcpLab, ...DhcpLab[]] {
  const leaseSeconds = settings['dhcp.lease']
  const relayed = others.filter(({ server }) => server === undefined)
  const first: DhcpLab = {
    address: lab.address,
    netmask: lab.netmask,
    pool: labPool(effective, lab),
    leaseSeconds,
    router: settings['lab.router'],
    relayed,
  }
  const further = others.flatMap(({ server, netmask, pool, router }): DhcpLab[] =>
    server === undefined ? [] : [{ address: server, netmask, pool, router, leaseSeconds }],
  )
  return [first, ...further]
}

/**
 * A machine that has no address yet does not say on which network it is; only a socket that hears one interface
 * alone does, and only a service manager can bind one so. Throws BE_INTERFACE_SOCKETS.
 */
export function checkInterfaces({ addresses, settings }: Lab, inherited: InheritedNetwork): void {
  const port = settings['dhcp.port']
  if (settings['dhcp.mode'] === 'off' || addresses.length < 2) return
  const mixed = addresses.find(address => !inherited.hasInterfaceSocket(port, address))
  if (mixed === undefined) return
  const device = deviceOf(mixed) ?? `that with ${mixed}`
  throw new BeError('BE_INTERFACE_SOCKETS', `no socket that hears ${device} alone`, {
    expected: `an inherited one for each interface: ListenDatagram=0.0.0.0:${port}, BindToDevice= and FileDescriptorName= (systemd.socket(5))`,
    hint: 'or run one service for each interface, each with its own state.dir',
    exit: 'config',
  })
}
