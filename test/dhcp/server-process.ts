/** A DHCP server on the real network at argv[2], its leases in argv[3]; prints its events as JSON lines. */

import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../src/dhcp/leases/log.ts'
import { DhcpServer } from '../../src/dhcp/server.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { PLAN } from './support.ts'

const address = process.argv[2]!
const leases = await LeaseDatabase.open({ log: new FileLeaseLog(process.argv[3]!), clock: nodeClock })
const server = new DhcpServer({
  network: nodeNetwork,
  clock: nodeClock,
  emit: event => console.log(JSON.stringify(event)),
  lab: {
    address,
    netmask: '255.255.255.0',
    pool: [address.replace(/\d+$/, '130'), address.replace(/\d+$/, '139')],
    leaseSeconds: 3600,
  },
  mode: 'authority',
  leases,
  reservation: () => undefined,
  reservedFor: () => undefined,
  plan: async () => PLAN,
})
await server.start()
console.log('{"event":"ready"}')
