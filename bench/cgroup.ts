import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../src/host/run.ts'
import { nodeClock } from '../src/net/node.ts'
import { poll } from '../src/net/poll.ts'

/** Mount point in the mount namespace of the bench. */
const ROOT = '/run/cgroup'

export async function mountCgroups(): Promise<void> {
  mkdirSync(ROOT)
  await run(['mount', '-t', 'cgroup2', 'cgroup2', ROOT], { timeoutMs: 10_000 })
}

/**
 * A control group (cgroups(7), version 2) for one server. It also counts the CPU time of short-lived children, in which
 * tftpd-hpa does all of its work.
 */
export class Cgroup {
  readonly #dir: string

  constructor(name: string) {
    this.#dir = `${ROOT}/${name}`
    mkdirSync(this.#dir)
  }

  /** The command that runs `argv` inside. */
  argv(argv: readonly string[]): string[] {
    return ['sh', '-c', `echo $$ > ${this.#dir}/cgroup.procs; exec "$@"`, 'sh', ...argv]
  }

  /** CPU seconds of all processes that have run inside. */
  get cpu(): number {
    const [, micros] = /^usage_usec (\d+)$/m.exec(readFileSync(`${this.#dir}/cpu.stat`, 'latin1')) ?? []
    return Number(micros) / 1e6
  }

  /** All processes inside must have ended. */
  remove(): void {
    rmdirSync(this.#dir)
  }
}

/**
 * Removes the control groups of a run that was killed, from outside of its namespaces; they are named after its
 * directory. The kernel takes a moment to end the processes in them.
 */
export async function removeCgroups(run: string): Promise<void> {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const root = mounts.map(line => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
  if (root === undefined) return
  await poll(nodeClock, { everyMs: 20, limitMs: 2000 }, () => {
    const groups = readdirSync(root).filter(name => name.startsWith(`${run}-`))
    return groups.filter(name => !remove(join(root, name))).length === 0
  })
}

/** False when processes are left in it. */
function remove(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    return false
  }
}
