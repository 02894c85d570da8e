import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
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
