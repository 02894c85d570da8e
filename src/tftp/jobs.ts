import type { Endpoint } from '../net/net.ts'
import type { TransferRequest } from './packet.ts'
import type { Transfer } from './transfer.ts'

/** One read request, from its arrival to the end of its transfer. */
export interface Job {
  client: Endpoint
  request: TransferRequest
  /** The request as received, to recognise a copy of it. */
  datagram: Buffer
  /** When the request was received, monotonic ms. */
  since: number
  cancelled: boolean
  /** Set when the file is open. */
  transfer?: Transfer
}

/** The jobs that have not ended: one for each client port. */
export class Jobs {
  readonly #byPort = new Map<string, Job>()
  readonly #byAddress = new Map<string, Set<Job>>()
  #empty: (() => void) | undefined

  get size(): number {
    return this.#byPort.size
  }

  all(): Job[] {
    return [...this.#byPort.values()]
  }

  from(client: Endpoint): Job | undefined {
    return this.#byPort.get(key(client))
  }

  countFor(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0
  }

  /** The oldest of the jobs for `address`, or of all, that the client has not acknowledged: it may not exist. */
  oldestUnproven(address?: string): Job | undefined {
    const jobs = address === undefined ? this.#byPort.values() : (this.#byAddress.get(address) ?? [])
    // Both are in the order in which jobs were added.
    for (const job of jobs) if (!job.transfer?.flow.confirmed) return job
    return undefined
  }

  add(job: Job): void {
    this.#byPort.set(key(job.client), job)
    const same = this.#byAddress.get(job.client.address)
    if (same === undefined) this.#byAddress.set(job.client.address, new Set([job]))
    else same.add(job)
  }

  remove(job: Job): void {
    if (this.from(job.client) === job) this.#byPort.delete(key(job.client))
    const same = this.#byAddress.get(job.client.address)
    same?.delete(job)
    if (same?.size === 0) this.#byAddress.delete(job.client.address)
    if (this.size === 0) this.#empty?.()
  }

  /** Calls `run` when there are no jobs. */
  whenEmpty(run: () => void): void {
    this.#empty = run
    if (this.size === 0) run()
  }
}

const key = (client: Endpoint) => `${client.address}:${client.port}`
