import type { Timer } from '../../net/net.ts'
import { openUdp } from './source-port.ts'
import { type CallOptions, CallTimeout, type ReplyDecoder, settle } from './transport.ts'

/** Delay (ms) before the first retransmission; doubled at each one, up to the longest. */
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 4000

/**
 * One call over UDP. The same bytes are sent until `decode` recognises the reply: the server's duplicate request
 * cache identifies a retransmission by its xid. Rejects with CallTimeout, a system error, or what `decode` threw.
 */
export async function callUdp<T>(
  call: Uint8Array,
  decode: ReplyDecoder<T>,
  options: CallOptions,
): Promise<T> {
  const { clock, timeoutMs } = options
  const socket = await openUdp(options, options.to)
  const timers: Timer[] = []
  try {
    return await new Promise<T>((resolve, reject) => {
      socket.onError(reject)
      socket.onMessage(message => settle(() => decode(message), resolve, reject))
      const send = (delayMs: number): void => {
        socket.send(call)
        timers.push(clock.timer(delayMs, () => send(Math.min(delayMs * 2, LONGEST_DELAY_MS))))
      }
      timers.push(clock.timer(timeoutMs, () => reject(new CallTimeout())))
      send(FIRST_DELAY_MS)
    })
  } finally {
    for (const timer of timers) timer.cancel()
    socket.close()
  }
}
