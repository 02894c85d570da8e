import { type Clock, sleep } from './net.ts'

export interface RetryOptions {
  clock: Clock
  /** Delays (ms) before each retry; after the last one the error is thrown. */
  delaysMs: readonly number[]
  /** Whether an error may be gone at the next try; default: every error. */
  isTemporary?(error: unknown): boolean
  /** Whether the work got further since the last failure: then the delays begin anew. */
  progressed?(): boolean
}

/** Does the work, again after each temporary failure. Resolves as it does; throws the last error. */
export async function retry<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { clock, delaysMs, isTemporary = () => true, progressed = () => false } = options
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (progressed()) tries = 0
      const delay = delaysMs[tries]
      if (delay === undefined || !isTemporary(error)) throw error
      await sleep(clock, delay)
    }
  }
}
