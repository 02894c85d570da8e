/** One attack: `burst.ts NAME SECONDS`, on the attacking host. */
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeNetwork } from '../../src/net/node.ts'
import type { Attack } from './attack.ts'
import { BURSTS } from './bursts/index.ts'

const [name = '', seconds = '4'] = process.argv.slice(2)
const end = performance.now() + Number(seconds) * 1000
const attack: Attack = {
  isOver: () => performance.now() >= end,
  pause: ms => sleep(Math.max(0, Math.min(ms, end - performance.now()))),
  async udp(address, port = 0) {
    const socket = await nodeNetwork.udp({ address, port, broadcast: true })
    socket.onError(() => {})
    return socket
  },
}
await BURSTS[name]!(attack)
// What it holds is held until the end.
await attack.pause(Number.POSITIVE_INFINITY)
process.exit(0)
