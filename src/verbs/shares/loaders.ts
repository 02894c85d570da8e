import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { poll } from '../../net/poll.ts'
import { LOADING_MS, type LoadingMachine, loadingMachines } from '../../session/loading.ts'
import { sessionsFile } from '../../session/log.ts'
import { readTail } from '../../session/read.ts'

/** How long (ms) a command waits for loaders; they need 4 to 35 s. */
const LIMIT_MS = 20_000
const POLL_MS = 500

/** Waits until no machine is between loader and kernel: a reload of exports could fail its reads. Throws BE_EXPORT_BOOT_RUNNING. */
export async function waitForLoaders({
  stateDir,
  clock,
  say,
}: Pick<Lab, 'stateDir' | 'clock' | 'say'>): Promise<void> {
  let loading: LoadingMachine[] = []
  let said = false
  const isQuiet = async () => {
    loading = loadingMachines(await readTail(sessionsFile(stateDir)), clock.now())
    if (loading.length > 0 && !said) {
      say(`waiting for ${machines(loading)}: between loader and kernel (-f does not wait)`)
    }
    said = true
    return loading.length === 0
  }
  if (!(await poll(clock, { everyMs: POLL_MS, limitMs: LIMIT_MS }, isQuiet))) throw bootRunning(loading)
}

const machines = (loading: LoadingMachine[]): string =>
  loading.map(({ machine, mac }) => machine ?? mac).join(', ')

function bootRunning(loading: LoadingMachine[]): BeError {
  const left = Math.max(...loading.map(({ forMs }) => LOADING_MS - forMs))
  const message = `${machines(loading)} could miss a file: its loader is at work`
  return new BeError('BE_EXPORT_BOOT_RUNNING', message, {
    hint: `try again in ${Math.ceil(left / 1000)} s, or reload exports all the same with -f`,
  })
}
