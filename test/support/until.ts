import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `found` answers something truthy, and resolves with that. It has no time limit: mocha's ends the test. */
export async function until<T>(found: () => T | Promise<T>): Promise<T> {
  for (;;) {
    const result = await found()
    if (result) return result
    await sleep(20)
  }
}
