import { BeError } from '../../errors/errors.ts'
import type { RpcContext } from '../../rpc/client/call.ts'
import { isTransportError } from '../../rpc/client/errors.ts'
import { register, unregister } from '../../rpc/client/portmap.ts'
import type { Registration } from '../../rpc/portmap.ts'

/** Registrations of our programs with the host's rpcbind. */
export class RpcbindEntries {
  readonly #context: RpcContext
  readonly #entries: readonly Registration[]

  constructor(context: RpcContext, entries: readonly Registration[]) {
    this.#context = context
    this.#entries = entries
  }

  /** Replaces registrations of these programs, which a killed `be serve` may have left. Throws BE_NFS_RPCBIND. */
  async add(): Promise<void> {
    try {
      await this.#removeAll()
      for (const entry of this.#entries) {
        if (!(await register(this.#context, entry))) throw refused(entry)
      }
    } catch (error) {
      throw isTransportError(error) ? noAnswer(error as BeError) : error
    }
  }

  /** Never rejects: a portmapper that does not run lists nothing. */
  async remove(): Promise<void> {
    await this.#removeAll().catch(() => {})
  }

  async #removeAll(): Promise<void> {
    for (const { program, version, transport } of this.#entries) {
      if (transport === 'udp') await unregister(this.#context, program, version)
    }
  }
}

const refused = ({ program, version }: Registration): BeError =>
  new BeError(
    'BE_NFS_RPCBIND',
    `the host's rpcbind does not take program ${program} version ${version} from us`,
    {
      hint: 'see with rpcinfo -p who has registered it; run as root',
    },
  )

const noAnswer = (cause: BeError): BeError =>
  new BeError(
    'BE_NFS_RPCBIND',
    `another program has port 111, and is no rpcbind that answers on 127.0.0.1: ${cause.message}`,
    { hint: 'stop it, or let rpcbind listen on 127.0.0.1', cause },
  )
