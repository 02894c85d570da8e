/**
 * Commits leases to the log in argv[2] as fast as it can, and writes `mac until` to its output for each
 * one that was acknowledged. It is killed in the middle.
 */
import { writeSync } from 'node:fs'
import { LeaseDatabase } from '../../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../../src/dhcp/leases/log.ts'
import { nodeClock } from '../../../src/net/node.ts'

const leases = await LeaseDatabase.open({ log: new FileLeaseLog(process.argv[2]!), clock: nodeClock })

let until = Number(process.argv[3])
for (;;) {
  const batch = Array.from({ length: 1 + (until % 97) }, async () => {
    const n = ++until % 300
    const mac = `52:54:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`
    const mine = until
    await leases.commit({ ip: `10.0.${n >> 8}.${n & 255}`, mac, state: 'bound', until: mine })
    writeSync(1, `${mac} ${mine}\n`)
  })
  await Promise.all(batch)
}
