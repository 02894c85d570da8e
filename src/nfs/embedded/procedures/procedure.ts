import type { ServerCall } from '../../../rpc/server/dispatch.ts'
import type { XdrWriter } from '../../../rpc/xdr.ts'
import type { Exports } from '../exports.ts'
import { type Attributes, writePostOp, writeWcc } from '../files/attributes.ts'
import type { Node } from '../files/node.ts'
import type { Tree } from '../files/tree.ts'
import { STATUS, statusOf } from '../status.ts'

/** A handle may be this long on the wire (RFC 1813, section 2.4). */
const FHSIZE3 = 64

/** One call of NFS, and what was found out for it so far. */
export class NfsCall {
  readonly exports: Exports
  readonly incoming: ServerCall
  /** What the failure's post_op_attr is of. */
  node: Node | undefined

  constructor(exports: Exports, incoming: ServerCall) {
    this.exports = exports
    this.incoming = incoming
  }

  get tree(): Tree {
    return this.exports.tree
  }

  /** Reads a handle off the arguments. Throws as Exports.find() does. */
  async nodeArgument(): Promise<Node> {
    const { args, from } = this.incoming
    const handle = args.opaque(FHSIZE3)
    this.node = await this.exports.find(handle, from.address)
    return this.node
  }

  /** Whom the caller is taken for. */
  get user() {
    return this.node!.volume.user(this.incoming.credential)
  }
}

/** Answers one call; writes nothing before it knows that it can. Throws Refused, system errors, BE_XDR_MALFORMED. */
export type Procedure = (call: NfsCall, reply: XdrWriter) => Promise<void>

/** What follows the status of a call that failed. */
export type Failure = (reply: XdrWriter, attributes: Attributes | undefined) => void

export const FAILURE = {
  nothing: () => {},
  attributes: (reply, attributes) => void writePostOp(reply, attributes),
  wcc: (reply, attributes) => void writeWcc(reply, attributes),
  twoWcc: (reply, attributes) => void writeWcc(writeWcc(reply, attributes), undefined),
  link: (reply, attributes) => void writeWcc(writePostOp(reply, attributes), undefined),
} as const satisfies Record<string, Failure>

/** Runs a procedure; what stands in its way becomes a status. Throws BE_XDR_MALFORMED. */
export async function runProcedure(
  procedure: Procedure,
  failure: Failure,
  call: NfsCall,
  reply: XdrWriter,
): Promise<void> {
  try {
    await procedure(call, reply)
  } catch (error) {
    const status = statusOf(error)
    failure(reply.uint32(status), status === STATUS.stale ? undefined : call.node?.attributes)
  }
}
