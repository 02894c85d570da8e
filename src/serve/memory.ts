/** How often (ms) memory is looked at. */
const CHECK_MS = 5000
/** Below this size (bytes) of the process nothing is done, nor before it has grown by so much. */
const SMALL = 160 << 20
const GROWTH = 48 << 20

export interface MemoryOptions {
  /** Resident bytes of the process. */
  size?(): number
  /** Collects all garbage. */
  collect?(): Promise<void>
}

/**
 * Gives memory back after a burst of requests. V8 lets garbage lie for as long as it is allowed to take more memory, a
 * part of that of the whole machine, and an idle process collects nothing at all; the buffers of network and files are
 * garbage of that kind. A full collection takes some 50 ms, so it is done only after the process has grown.
 */
export class MemoryRelease {
  readonly #size: () => number
  readonly #collect: () => Promise<void>
  /** After the last collection. */
  #least = SMALL

  constructor({ size = process.memoryUsage.rss, collect = collectGarbage }: MemoryOptions = {}) {
    this.#size = size
    this.#collect = collect
  }

  /** From now on; keeps no process from ending. */
  start(): void {
    setInterval(() => void this.check(), CHECK_MS).unref()
  }

  /** Collects if the process has grown since the last time. Never rejects. */
  async check(): Promise<void> {
    const before = this.#size()
    this.#least = Math.max(SMALL, Math.min(this.#least, before))
    if (before < this.#least + GROWTH) return
    await this.#collect().catch(() => {})
    this.#least = Math.max(SMALL, this.#size())
  }
}

/** By the inspector of this process, which opens no port; without it (a build of Node that has none) nothing is done. */
async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
