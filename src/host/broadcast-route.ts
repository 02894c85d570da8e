import type { Step } from './change.ts'
import { endingOf, type Run } from './run.ts'

const BROADCAST = '255.255.255.255'
const TIMEOUT_MS = 10_000

/** A route by which broadcasts do not reach a network. */
export interface WrongRoute {
  /** The interface that they leave by; undefined: there is no route, and they cannot be sent. */
  by: string | undefined
  /** The command that sends them to the network instead. */
  cure: string
  /** The same, and what takes it back. */
  step: Step
}

/**
 * FreeBSD sends 255.255.255.255 by its route, the default one as a rule, whatever address the socket is bound to (seen on
 * 15.0); Linux sends it by the interface of that address. Undefined where broadcasts leave by `device`, or where
 * route(8) does not say.
 */
export async function wrongBroadcastRoute(run: Run, device: string): Promise<WrongRoute | undefined> {
  const by = await run(['route', '-n', 'get', BROADCAST], { timeoutMs: TIMEOUT_MS }).then(
    ({ stdout }) => /^\s*interface: (\S+)$/m.exec(stdout)?.[1] ?? device,
    error => (endingOf(error)?.stderr.includes('has not been found') ? undefined : device),
  )
  if (by === device) return undefined
  const route = (verb: 'add' | 'delete') => ['route', verb, '-host', BROADCAST, '-iface', device]
  const call = async (argv: string[]): Promise<void> => {
    await run(argv, { timeoutMs: TIMEOUT_MS })
  }
  const cure = route('add').join(' ')
  const step = { what: cure, apply: () => call(route('add')), undo: () => call(route('delete')) }
  return { by, cure, step }
}
