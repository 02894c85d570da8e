import { STATUS, StatusError } from '../status.ts'
import type { Procedure } from './procedure.ts'

/** Every procedure that changes something: refused (ROFS), or STALE when its file is gone. */
export const modify: Procedure = async call => {
  await call.tree.attributes(await call.nodeArgument())
  throw new StatusError(STATUS.rofs)
}
