/**
 * With few descriptors allowed (ulimit -n) uses them all up, then does what the service does: `out-of-descriptors.ts
 * DIRECTORY`. Prints what was done of it, as JSON.
 */
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import type { Lease } from '../../src/dhcp/leases/lease.ts'
import { FileLeaseLog } from '../../src/dhcp/leases/log.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { SessionLog, sessionsFile } from '../../src/session/log.ts'

const dir = process.argv[2]!
const leases = await LeaseDatabase.open({ log: new FileLeaseLog(join(dir, 'leases.log')), clock: nodeClock })
const sessions = new SessionLog({ dir, clock: nodeClock, rotateAt: 200 })
sessions.emit({ event: 'before' })
await sessions.flush()
const handler = async () => ({ status: 204, headers: {} })
const listener = await nodeNetwork.http({ address: '127.0.0.1', port: 0 }, handler)
const dhcp = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
dhcp.onMessage((data, from) => dhcp.send(data, from))
const client = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })

const spare: number[] = []
try {
  for (;;) spare.push(openSync('/dev/null', 'r'))
} catch {
  // EMFILE
}

// One descriptor for the client's end.
closeSync(spare.pop()!)
const refused = net.connect(listener.local.port, '127.0.0.1').on('error', () => {})
await once(refused, 'close')
spare.push(openSync('/dev/null', 'r'))

const answered = new Promise<void>(done => client.onMessage(() => done()))
client.send(Buffer.from('discover'), dhcp.local)
await answered

const mac = (n: number) =>
  `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`
let failed = 0
const lease = (n: number): Lease => ({
  ...{ ip: '10.0.0.9', mac: mac(n), state: 'bound', until: 1_795_000_000_000 },
})
// So many that the log would be written anew.
for (let n = 0; n < 5000; n += 100) {
  await Promise.all(Array.from({ length: 100 }, (_, i) => leases.commit(lease(n + i)).catch(() => failed++)))
}
for (let n = 0; n < 5; n++) {
  sessions.emit({ event: 'during', detail: { n, text: 'x'.repeat(100) } })
  await sessions.flush()
}

for (const fd of spare) closeSync(fd)
sessions.emit({ event: 'after' })
await sessions.flush()
const status = (await fetch(`http://127.0.0.1:${listener.local.port}/`)).status
const logged = readFileSync(join(dir, 'leases.log'), 'latin1').trim().split('\n').at(-1)
const events = [`${sessionsFile(dir)}.1`, sessionsFile(dir)].flatMap(file =>
  readFileSync(file, 'utf8').trim().split('\n'),
)
console.log(JSON.stringify({ failed, logged, status, events: events.map(line => JSON.parse(line).event) }))
process.exit(0)
