import { join } from 'node:path'
import { type Contender, Server, type ServerContext } from '../server.ts'
import { TESTBED } from '../testbed.ts'

/**
 * DHCP and TFTP in one, as is usual for small labs. Without the ping before each offer, which would take three seconds
 * for each machine, and with more than its default limit of 1000 leases.
 */
export const dnsmasq: Contender = {
  name: 'dnsmasq',
  start(site: ServerContext) {
    const argv = [
      site.programs.path('dnsmasq'),
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--port=0',
      `--interface=${TESTBED.interface}`,
      '--bind-interfaces',
      `--dhcp-range=${TESTBED.pool.join(',')},${TESTBED.netmask},7d`,
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
