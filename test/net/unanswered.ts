/**
 * Sends datagrams to many addresses that nobody has, then one to the broadcast address, in a network namespace where
 * ARP does not give up. Prints what happened to them, as JSON, when the broadcast was received.
 */
import { nodeNetwork } from '../../src/net/node.ts'

const server = await nodeNetwork.udp({ address: '10.9.0.1', port: 67, broadcast: true })
const client = await nodeNetwork.udp({ address: '0.0.0.0', port: 68 })
let dropped = 0
server.onDrop?.(() => dropped++)
client.onMessage(data => {
  console.log(JSON.stringify({ received: String(data), dropped }))
  process.exit(0)
})
for (let i = 0; i < 1000; i++) {
  server.send(Buffer.alloc(300), { address: `10.9.0.${10 + (i % 240)}`, port: 68 })
}
server.send(Buffer.from('all'), { address: '255.255.255.255', port: 68 })
