import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'

/** The state of a FreeBSD or Xen host, shared by the stand-ins. */
export interface World {
  interfaces: Record<string, { up?: boolean; description?: string; members?: string[] }>
  /** Machines of vmm(4) or Xen. Setting `off` powers one off, `reset` resets it. */
  vms: Record<string, { memory: string; environment: string[]; off?: boolean; reset?: boolean }>
  /** Exit statuses of the next boots; `wait`: runs until it is powered off or reset. */
  statuses: (number | 'wait')[]
  calls: string[][]
}

export class Shared {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  read(): World {
    return JSON.parse(readFileSync(this.#file, 'utf8')) as World
  }

  /** Under a lock; the file is replaced as a whole, so that readers never see a part of it. */
  change<T>(work: (world: World) => T): T {
    while (!this.#lock()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    try {
      const world = this.read()
      const result = work(world)
      writeFileSync(`${this.#file}.new`, JSON.stringify(world))
      renameSync(`${this.#file}.new`, this.#file)
      return result
    } finally {
      rmdirSync(`${this.#file}.lock`)
    }
  }

  #lock(): boolean {
    try {
      mkdirSync(`${this.#file}.lock`)
      return true
    } catch {
      return false
    }
  }
}

/** The error message of the real program, and its exit status. */
export class Refused extends Error {
  readonly status: number

  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}

/** getopt(3): options of one letter, those in `valued` with a value, then operands. */
export function getopt(
  argv: string[],
  plain: string,
  valued: string,
): { options: [string, string][]; operands: string[] } {
  const options: [string, string][] = []
  let at = 0
  for (; at < argv.length && argv[at]!.startsWith('-'); at++) {
    for (const letter of argv[at]!.slice(1)) {
      if (plain.includes(letter)) options.push([letter, ''])
      else if (valued.includes(letter) && argv[at]!.length === 2 && argv[at + 1] !== undefined) {
        options.push([letter, argv[++at]!])
      } else throw new Refused(`illegal option -- ${letter}`, 4)
    }
  }
  return { options, operands: argv.slice(at) }
}

/** Runs a machine: prints that it booted, echoes input, and exits with the next of `statuses`, by default `off`. */
export async function boot(shared: Shared, name: string, off: number): Promise<number> {
  const status = shared.change(world => world.statuses.shift() ?? off)
  const booted = `${name} booted\r\n`
  if (status !== 'wait') {
    process.stdout.write(booted)
    return status
  }
  const ended = new Promise<number>(done => {
    process.on('SIGTERM', () => done(off))
    const look = setInterval(() => {
      const vm = shared.read().vms[name]
      if (vm?.off) done(off)
      else if (vm?.reset) done(0)
    }, 20)
    look.unref()
  })
  // Printed last: a test that reads it may press the power button at once.
  process.stdout.write(booted)
  process.stdin.on('data', data => process.stdout.write(`typed ${data}`))
  return ended
}
