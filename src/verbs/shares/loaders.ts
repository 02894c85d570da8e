import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { sleep } from '../../net/net.ts'
import { LOADING_MS, type LoadingMachine, loadingMachines } from '../../session/loading.ts'
import { sessionsFile } from '../../session/log.ts'
import { readTail } from '../../session/read.ts'

/** How long (ms) a command waits for loaders; they need 4 to 35 s. */
const LIMIT_MS = 20_000
const POLL_MS = 500

/** Waits while a loader could miss its next file because exports are reloaded. Throws BE_EXPORT_BOOT_RUNNING. */
export async function waitForLoaders({
  stateDir,
  clock,
  say,
}: Pick<Lab, 'stateDir' | 'clock' | 'say'>): Promise<void> {
  const end = clock.monotonic() + LIMIT_MS
  for (let said = false; ; said = true) {
    const loading = loadingMachines(await readTail(sessionsFile(stateDir)), clock.now())
    if (loading.length === 0) return
    if (clock.monotonic() >= end) throw bootRunning(loading)
    if (!said) say(`waiting for ${machines(loading)}: between loader and kernel (-f does not wait)`)
    await sleep(clock, POLL_MS)
  }
}

const machines = (loading: LoadingMachine[]): string =>
  loading.map(({ machine, mac }) => machine ?? mac).join(', ')

function bootRunning(loading: LoadingMachine[]): BeError {
  const left = Math.max(...loading.map(({ forMs }) => LOADING_MS - forMs))
  const message = `${machines(loading)} could miss a file: its loader is at work`
  return new BeError('BE_EXPORT_BOOT_RUNNING', message, {
    hint: `try again in ${Math.ceil(left / 1000)} s, or reload exports all the same with -f`,
    exit: 'tryAgain',
  })
}
