import { type WrongRoute, wrongBroadcastRoute } from '../host/broadcast-route.ts'
import { deviceOf } from '../net/device.ts'
import type { Lab } from './lab.ts'

/** Why broadcasts from this host would not reach the lab; undefined when they would, as far as that is known. */
export async function wrongLabRoute({
  effective,
  subnets,
  run,
}: Pick<Lab, 'effective' | 'subnets' | 'run'>): Promise<WrongRoute | undefined> {
  if (effective.platform !== 'freebsd') return undefined
  const device = deviceOf(subnets.lab.address)
  return device === undefined ? undefined : wrongBroadcastRoute(run, device)
}

/** One line: where broadcasts go, and what sends them to the lab. */
export const wrongRouteText = ({ by, cure }: WrongRoute): string =>
  `broadcasts ${by === undefined ? 'cannot be sent: there is no route for them' : `leave by ${by}, not into the lab`}; ${cure}`
