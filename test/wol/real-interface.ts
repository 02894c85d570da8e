/**
 * A process for the tests, in a network namespace of its own, where the kernel loops broadcasts back to it:
 * wakes a machine on the lab interface and prints what arrived on ports 9 and 7, as JSON.
 */
import { execFileSync } from 'node:child_process'
import { nodeNetwork } from '../../src/net/node.ts'
import { wake } from '../../src/wol/wol.ts'

const ip = (...args: string[]) => execFileSync('ip', args)
ip('link', 'add', 'lab0', 'type', 'veth', 'peer', 'name', 'lab1')
ip('addr', 'add', '192.168.2.1/24', 'dev', 'lab0')
ip('link', 'set', 'lab0', 'up')
ip('link', 'set', 'lab1', 'up')

const arrived: { port: number; from: string; hex: string }[] = []
const sockets = await Promise.all([9, 7].map(port => nodeNetwork.udp({ address: '0.0.0.0', port })))
const four = new Promise<void>(done => {
  for (const socket of sockets) {
    socket.onMessage((data, from) => {
      arrived.push({ port: socket.local.port, from: from.address, hex: data.toString('hex') })
      if (arrived.length === 4) done()
    })
  }
})
const lab = { from: '192.168.2.1', broadcast: '192.168.2.255' }
const { sent } = await wake({ network: nodeNetwork, ...lab, mac: '02:01:02:03:04:05' })
await four
for (const socket of sockets) socket.close()
console.log(JSON.stringify({ sent, arrived }))
