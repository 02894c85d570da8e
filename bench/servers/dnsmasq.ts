import { join } from 'node:path'
import { GROUND } from '../ground.ts'
import { type Contender, Server, type Site } from '../server.ts'

/**
 * DHCP and TFTP in one, as is usual for small labs. Without the ping before each offer, which would cost
 * it three seconds a machine, and with room for more than its 1000 leases.
 */
export const dnsmasq: Contender = {
  name: 'dnsmasq',
  start(site: Site) {
    const argv = [
      site.programs.path('dnsmasq'),
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--port=0',
      `--interface=${GROUND.interface}`,
      '--bind-interfaces',
      `--dhcp-range=${GROUND.pool.join(',')},${GROUND.netmask},7d`,
      '--dhcp-authoritative',
      '--no-ping',
      '--dhcp-lease-max=1000000',
      `--dhcp-leasefile=${join(site.dir, 'leases')}`,
      `--log-facility=${join(site.dir, 'log')}`,
      '--enable-tftp',
      `--tftp-root=${site.files}`,
      '--tftp-max=1000',
      '--dhcp-boot=loader.efi',
    ]
    return Server.start(site, argv, [
      ['udp', 67],
      ['udp', 69],
    ])
  },
}
