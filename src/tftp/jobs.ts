import type { Endpoint } from '../net/net.ts'
import type { TransferRequest } from './packet.ts'
import type { Transfer } from './transfer.ts'

/** One read request from its arrival to the end of its transfer. */
export interface Job {
  client: Endpoint
  request: TransferRequest
  /** The request as it came, to know a copy of it. */
  datagram: Buffer
  /** Clock's monotonic ms. */
  since: number
  cancelled: boolean
  /** There once the file is open. */
  transfer?: Transfer
}

/** What is under way: one job for each client port. */
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

  /** Of the jobs for `address`, that which was silent for longest. */
  longestSilent(address: string): Job | undefined {
    let stalest: Job | undefined
    for (const job of this.#byAddress.get(address) ?? []) {
      if (stalest === undefined || heardAt(job) < heardAt(stalest)) stalest = job
    }
    return stalest
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

  /** Calls `run` once nothing is under way. */
  whenEmpty(run: () => void): void {
    this.#empty = run
    if (this.size === 0) run()
  }
}

const heardAt = (job: Job) => job.transfer?.lastPacketAt ?? job.since
const key = (client: Endpoint) => `${client.address}:${client.port}`
