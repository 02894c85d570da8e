import { FHSIZE3 } from '../../../rpc/mount.ts'
import type { ServerCall } from '../../../rpc/server/dispatch.ts'
import type { Credential } from '../../../rpc/server/message.ts'
import type { XdrReader, XdrWriter } from '../../../rpc/xdr.ts'
import type { Exports } from '../exports.ts'
import { type Attributes, writePostOp, writeWcc } from '../files/attributes.ts'
import type { Node } from '../files/node.ts'
import type { Tree } from '../files/tree.ts'
import { STATUS, statusOf } from '../status.ts'

/** A call of an NFS procedure. */
export class NfsCall {
  readonly request: ServerCall
  readonly #exports: Exports
  #node: Node | undefined

  constructor(exports: Exports, request: ServerCall) {
    this.#exports = exports
    this.request = request
  }

  get args(): XdrReader {
    return this.request.args
  }

  get tree(): Tree {
    return this.#exports.tree
  }

  /** Reads a handle off the arguments, and finds its file. Throws as Exports.find() does. */
  async nodeArgument(): Promise<Node> {
    const handle = this.args.opaque(FHSIZE3)
    this.#node = await this.#exports.find(handle, this.request.from.address)
    return this.#node
  }

  /** The file that nodeArgument() found last. */
  get node(): Node | undefined {
    return this.#node
  }

  /** The user whose permissions the caller has for that file. */
  get user(): Credential {
    return this.#node!.volume.user(this.request.credential)
  }
}

/**
 * Writes status and results into `reply`, once nothing can fail any more. Throws StatusError, system errors,
 * BE_XDR_MALFORMED.
 */
export type Procedure = (call: NfsCall, reply: XdrWriter) => Promise<void>

/** Writes what follows the status of a failed call. */
export type Failure = (reply: XdrWriter, attributes: Attributes | undefined) => void

export const FAILURE = {
  nothing: () => {},
  attributes: (reply, attributes) => void writePostOp(reply, attributes),
  wcc: (reply, attributes) => void writeWcc(reply, attributes),
  twoWcc: (reply, attributes) => void writeWcc(writeWcc(reply, attributes), undefined),
  link: (reply, attributes) => void writeWcc(writePostOp(reply, attributes), undefined),
} as const satisfies Record<string, Failure>

/** Runs a procedure; answers a StatusError or a system error with its status. Throws BE_XDR_MALFORMED. */
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
