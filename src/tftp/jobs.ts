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

  /** Of the jobs for `address`, the one whose last packet was received first. */
  longestSilent(address: string): Job | undefined {
    let longest: Job | undefined
    for (const job of this.#byAddress.get(address) ?? []) {
      if (longest === undefined || lastPacketAt(job) < lastPacketAt(longest)) longest = job
    }
    return longest
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

const lastPacketAt = (job: Job) => job.transfer?.lastPacketAt ?? job.since
const key = (client: Endpoint) => `${client.address}:${client.port}`
