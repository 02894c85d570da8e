import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Cgroup } from './cgroup.ts'
import type { Programs } from './packages.ts'
import { listens, peakMemory } from './proc.ts'

/** Programs and directories for a server. */
export interface ServerContext {
  programs: Programs
  /** Empty directory for this server's configuration, leases and logs. */
  dir: string
  /** Directory with the files to serve. */
  files: string
}

/** One of the servers that are compared. */
export interface Contender {
  name: string
  start(site: ServerContext): Promise<Server>
}

/** A port on which the server listens when it is ready. */
type Port = ['udp' | 'tcp', number]

/** A running server. */
export class Server {
  readonly #child: ChildProcess
  readonly #cgroup: Cgroup
  readonly #ended: Promise<void>

  private constructor(child: ChildProcess, cgroup: Cgroup) {
    this.#child = child
    this.#cgroup = cgroup
    this.#ended = new Promise(done => child.once('close', () => done()))
  }

  /** Starts a program that stays in the foreground; resolves when it listens. Its output goes to a file. */
  static async start(site: ServerContext, argv: readonly string[], ports: Port[], env = {}): Promise<Server> {
    const log = join(site.dir, 'output')
    const out = openSync(log, 'w')
    const cgroup = new Cgroup([dirname(site.dir), site.dir].map(dir => basename(dir)).join('-'))
    const [file, ...args] = cgroup.argv(argv)
    const environment = { ...process.env, ...site.programs.env, ...env }
    const child = spawn(file!, args, { stdio: ['ignore', out, out], env: environment })
    const server = new Server(child, cgroup)
    closeSync(out)
    const ready = Promise.all(ports.map(([protocol, port]) => listens(protocol, port)))
    const up = await Promise.race([ready, server.#ended.then(() => [false])])
    if (up.every(Boolean)) return server
    await server.stop()
    throw new Error(
      `${argv[0]} does not listen on ${ports.join(' ')}: ${readFileSync(log, 'utf8').slice(-2000)}`,
    )
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** CPU seconds of the server and its children so far. */
  get cpu(): number {
    return this.#cgroup.cpu
  }

  /** Its peak memory, in bytes. */
  get memory(): number {
    return peakMemory(this.pid)
  }

  async stop(): Promise<void> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    this.#child.kill('SIGTERM')
    await this.#ended
    clearTimeout(kill)
    this.#cgroup.remove()
  }
}
