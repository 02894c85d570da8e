import { askAndStop, type Burst, manyOfEach } from '../attack.ts'
import { ATTACKER, BE, LARGE, SERVER } from '../network.ts'

const REQUEST = Buffer.from(`GET /be/${BE}/${LARGE} HTTP/1.1\r\nHost: a\r\n\r\n`)

/** Connections of 16 addresses, 120 of each, that ask for a large file and read no more than the beginning of it. */
export const unreadFiles: Burst = () =>
  manyOfEach(ATTACKER.slice(0, 16), async address => {
    await askAndStop(SERVER, 8080, address, REQUEST)
  })
