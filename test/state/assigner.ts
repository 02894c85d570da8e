/** A process for the tests: adds machines, assigns a BE to each, and prints each that was acknowledged. */
import { Assignments } from '../../src/machines/assignment.ts'
import { Inventory } from '../../src/machines/inventory.ts'
import { openDatabase } from '../../src/state/database.ts'

const [dir, machine, mac, rounds] = process.argv.slice(2) as [string, string, string, string]
const db = openDatabase(dir)
new Inventory(db).add({ name: machine, mac })
const assignments = new Assignments(db)
for (let round = 0; round < Number(rounds); round++) {
  const name = `${machine}-${round}`
  const own = `02:${mac.slice(3, 5)}:00:00:${hex(round >> 8)}:${hex(round & 0xff)}`
  new Inventory(db).add({ name, mac: own })
  assignments.assign(`be${round}`, name)
  process.stdout.write(`${name} be${round}\n`)
}
db.close()

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
