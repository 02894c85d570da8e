/** A DHCP server on 127.0.0.1, port argv[2], its leases in argv[3]; prints `ready`. It is killed under load. */

import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../src/dhcp/leases/log.ts'
import { DhcpServer } from '../../src/dhcp/server.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { PLAN } from './support.ts'

const server = new DhcpServer({
  network: nodeNetwork,
  clock: nodeClock,
  emit: event => event.level === 'error' && console.error(JSON.stringify(event)),
  lab: {
    address: '127.0.0.1',
    netmask: '255.0.0.0',
    pool: ['127.1.0.1', '127.1.15.255'],
    leaseSeconds: 3600,
  },
  mode: 'authority',
  port: Number(process.argv[2]),
  leases: await LeaseDatabase.open({
    log: new FileLeaseLog(process.argv[3]!),
    clock: nodeClock,
    gatherMs: 25,
  }),
  reservation: () => undefined,
  reservedFor: () => undefined,
  plan: async () => PLAN,
})
await server.start()
console.log('ready')
