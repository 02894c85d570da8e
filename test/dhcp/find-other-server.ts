/** Looks for another DHCP server from the address in argv[2]; prints `none`, or the error. */
import { assertNoOtherServer } from '../../src/dhcp/other-server.ts'
import { BeError } from '../../src/errors/errors.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'

const emit = (event: unknown) => console.log(JSON.stringify(event))
const search = { network: nodeNetwork, clock: nodeClock, emit, address: process.argv[2]!, port: 67 }
try {
  await assertNoOtherServer(search)
  console.log('none')
} catch (error) {
  console.log(error instanceof BeError ? error.line : error)
}
