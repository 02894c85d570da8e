import type { Network, UdpSocket } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { seededRandom } from '../../src/net/sim/random.ts'
import { get } from '../../test/tftp/client.ts'
import { TESTBED } from '../testbed.ts'

/**
 * A program: fetches a file by TFTP with packet loss in both directions and prints the seconds that it took. The losses
 * depend on a seed, so that they are the same for every server. It repeats a packet after a second without an answer,
 * as firmware does.
 */
const [file, loss, seed] = process.argv.slice(2) as [string, string, string]

const random = seededRandom(Number(seed))
const lost = () => random() < Number(loss)

const lossy = (socket: UdpSocket): UdpSocket => ({
  ...socket,
  send: (data, to) => {
    if (!lost()) socket.send(data, to)
  },
  onMessage: listener => {
    socket.onMessage((data, from) => {
      if (!lost()) listener(data, from)
    })
  },
})

const network: Network = {
  ...nodeNetwork,
  udp: async options => lossy(await nodeNetwork.udp(options)),
}

const began = performance.now()
await get({
  network,
  clock: nodeClock,
  server: { address: TESTBED.server, port: 69 },
  address: TESTBED.client,
  file,
  options: [['blksize', '1432']],
})
console.log((performance.now() - began) / 1000)
