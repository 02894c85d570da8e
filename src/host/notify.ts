import { reason } from '../errors/errors.ts'
import { type Run, run } from './run.ts'

const TIMEOUT_MS = 10_000

/** The socket of a service manager that waits for us; it is not passed on to programs that we start. */
const SOCKET = process.env.NOTIFY_SOCKET
delete process.env.NOTIFY_SOCKET

/**
 * Tells systemd that the service answers (sd_notify(3), Type=notify), by systemd-notify(1): Node has no datagrams on unix
 * sockets. Resolves with why that failed; undefined when it was told, or nobody waits.
 */
export async function notifyReady(socket = SOCKET, runner: Run = run): Promise<string | undefined> {
  if (socket === undefined) return undefined
  try {
    await runner(['systemd-notify', '--ready'], { timeoutMs: TIMEOUT_MS, env: { NOTIFY_SOCKET: socket } })
    return undefined
  } catch (error) {
    return reason(error)
  }
}
