import { labPool } from '../config/lab-network.ts'
import type { DhcpLab } from '../dhcp/server-options.ts'
import { BeError } from '../errors/errors.ts'
import type { Lab } from '../lab/lab.ts'
import { deviceOf } from '../net/device.ts'
import type { InheritedNetwork } from '../net/inherited.ts'

/**
 * The networks that this host has an address in, one for each DHCP server; those behind relay agents are part of the
 * first, the lab's. Throws BE_POOL and what LabSubnets throws.
 */
export function attachedNetworks({
  effective,
  settings,
  subnets: { lab, others },
}: Pick<Lab, 'effective' | 'settings' | 'subnets'>): [DhcpLab, ...DhcpLab[]] {
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
 * Checks that with several interfaces each has an inherited socket bound to it: the network of a request from 0.0.0.0 can
 * be determined only by that, and Node cannot bind a socket to an interface. Throws BE_INTERFACE_SOCKETS.
 */
export function checkInterfaces(
  { subnets: { addresses }, settings }: Pick<Lab, 'subnets' | 'settings'>,
  inherited: InheritedNetwork,
): void {
  const port = settings['dhcp.port']
  if (settings['dhcp.mode'] === 'off' || addresses.length < 2) return
  const mixed = addresses.find(address => !inherited.hasInterfaceSocket(port, address))
  if (mixed === undefined) return
  const device = deviceOf(mixed) ?? `that with ${mixed}`
  throw new BeError('BE_INTERFACE_SOCKETS', `no socket that hears ${device} alone`, {
    expected: `an inherited one for each interface: ListenDatagram=0.0.0.0:${port}, BindToDevice= and FileDescriptorName= (systemd.socket(5))`,
    hint: 'or run one service for each interface, each with its own state.dir',
  })
}
