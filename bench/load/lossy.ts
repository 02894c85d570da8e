import type { Network, UdpSocket } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { get } from '../../test/tftp/client.ts'
import { TESTBED } from '../testbed.ts'

/**
 * A program: fetches a file by TFTP over a line that loses packets, in both directions, and prints the seconds
 * that it took. The losses come from a seed, so that every server meets the same line. It repeats itself after
 * a second without an answer, as firmware does.
 */
const [file, loss, seed] = process.argv.slice(2) as [string, string, string]

/** A small generator of numbers from 0 to 1 (mulberry32). */
function numbers(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = numbers(Number(seed))
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
