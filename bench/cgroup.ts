import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../src/host/run.ts'

/** A mount of our own, in our own mount namespace. */
const ROOT = '/run/cgroup'

export async function mountCgroups(): Promise<void> {
  mkdirSync(ROOT)
  await run(['mount', '-t', 'cgroup2', 'cgroup2', ROOT], { timeoutMs: 10_000 })
}

/**
 * A control group (cgroups(7), version 2) around one server: it knows what the server's short-lived
 * children have used too, which tftpd-hpa does all of its work in.
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

  /** CPU seconds of everything that ever ran inside. */
  get cpu(): number {
    const [, micros] = /^usage_usec (\d+)$/m.exec(readFileSync(`${this.#dir}/cpu.stat`, 'latin1')) ?? []
    return Number(micros) / 1e6
  }

  /** Once everything inside has ended. */
  remove(): void {
    rmdirSync(this.#dir)
  }
}

/**
 * Takes away what a run that was killed has left, from outside: groups named after its directory. The kernel
 * takes a moment to end what is in them.
 */
export async function removeCgroups(run: string): Promise<void> {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const root = mounts.map(line => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
  if (root === undefined) return
  for (let tries = 100; tries > 0; tries--) {
    const left = readdirSync(root).filter(name => name.startsWith(`${run}-`))
    if (left.filter(name => !removed(join(root, name))).length === 0) return
    await sleep(20)
  }
}

function removed(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    return false
  }
}
