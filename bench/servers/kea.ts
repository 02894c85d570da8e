import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, Server, type ServerContext } from '../server.ts'
import { TESTBED } from '../testbed.ts'

/** Kea's DHCPv4 server with memfile leases, which it writes but does not sync, and its default INFO log. */
export const kea: Contender = {
  name: 'kea',
  start(site: ServerContext) {
    const config = join(site.dir, 'kea.json')
    writeFileSync(config, JSON.stringify(configuration(site)))
    const argv = [site.programs.path('kea-dhcp4'), '-c', config]
    const lfc = site.programs.path('kea-lfc')
    const env = { KEA_PIDFILE_DIR: site.dir, KEA_LOCKFILE_DIR: site.dir, KEA_LFC_EXECUTABLE: lfc }
    return Server.start(site, argv, [['udp', 67]], env)
  },
}

const configuration = ({ dir }: ServerContext) => ({
  Dhcp4: {
    'interfaces-config': { interfaces: [TESTBED.interface] },
    'lease-database': { type: 'memfile', persist: true, name: join(dir, 'leases.csv') },
    'valid-lifetime': 604_800,
    subnet4: [
      { subnet: `${TESTBED.network}/${TESTBED.prefix}`, pools: [{ pool: TESTBED.pool.join(' - ') }] },
    ],
    loggers: [{ name: 'kea-dhcp4', severity: 'INFO', output_options: [{ output: join(dir, 'log') }] }],
  },
})
