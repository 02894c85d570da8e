import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from './world.ts'

const PROGRAMS = ['bhyve', 'bhyvectl', 'bhyveload', 'ifconfig', 'kldload', 'xl']
const PROGRAM = join(import.meta.dirname, 'program.ts')

/**
 * Stand-ins for programs that run only on FreeBSD or Xen. They check each argument by the manual pages, refuse what
 * the real programs refuse, and keep interfaces and machines in `world.json`.
 */
export class StandIns {
  readonly dir: string

  constructor(dir: string) {
    this.dir = join(dir, 'stand-ins')
    mkdirSync(this.dir)
    this.set({ interfaces: { em0: { up: true } }, vms: {}, statuses: [], calls: [] })
    for (const name of PROGRAMS) {
      const file = join(this.dir, name)
      writeFileSync(
        file,
        `#!/bin/sh\nNODE_COMPILE_CACHE=${this.dir}/cache exec ${process.execPath} ${PROGRAM} ${this.#world} ${name} "$@"\n`,
      )
      chmodSync(file, 0o755)
    }
  }

  get #world(): string {
    return join(this.dir, 'world.json')
  }

  get world(): World {
    return JSON.parse(readFileSync(this.#world, 'utf8')) as World
  }

  set(world: Partial<World>): void {
    const before = 'interfaces' in world ? {} : this.world
    writeFileSync(this.#world, JSON.stringify({ ...before, ...world }))
  }

  /** The command lines that were run. */
  get calls(): string[] {
    return this.world.calls.map(argv => argv.join(' '))
  }

  /** A PATH with the stand-ins first. */
  get path(): string {
    return `${this.dir}:${process.env.PATH}`
  }
}
