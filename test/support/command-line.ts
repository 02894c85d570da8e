import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { shellQuote } from '../../src/host/shell-word.ts'
import { LAB, type Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { BE } from './built.ts'

/** Where the user nobody can run Node: the checkout may be readable for root only. */
const OPEN_NODE = '/run/node'
const SHOW = `[ -e "$2" ] || { : >"$2"; mount --bind "$1" "$2"; }`

/** The result of a command line. */
export interface Outcome {
  status: number
  out: string
  err: string
}

/** Runs a command as nobody, with no group but this. */
const asUserOf = (gid: number): string[] => [
  'setpriv',
  '--reuid',
  '65534',
  '--regid',
  String(gid),
  '--clear-groups',
]

/** Runs `be` in a lab, with boot environments below /ROOT there and a state directory of its own. */
export class CommandLine {
  readonly lab: Lab
  /** Holds all its files; removed at the end. */
  readonly dir: string
  /** The environment of every command, with the settings. */
  readonly settings: Record<string, string>
  #service: Program | undefined

  constructor(lab: Lab, settings: Record<string, string> = {}) {
    this.lab = lab
    this.dir = mkdtempSync(join(tmpdir(), 'nbe-'))
    chmodSync(this.dir, 0o755)
    mkdirSync(join(this.dir, 'pxe'))
    this.settings = {
      NBE_LAB_ADDRESS: LAB.address,
      NBE_LAB_POOL: LAB.pool,
      NBE_DHCP_MODE: 'authority',
      NBE_DHCP_AUTHORITATIVE: 'true',
      NBE_STATE_DIR: this.state,
      NBE_PXE_DIR: join(this.dir, 'pxe'),
      ...settings,
    }
  }

  get state(): string {
    return join(this.dir, 'state')
  }

  /** Runs `be` to its end. */
  be(...args: string[]): Promise<Outcome> {
    return this.run([process.execPath, BE, ...args])
  }

  /** The same as nobody. */
  asNobody(...args: string[]): Promise<Outcome> {
    return this.asMember(65534, ...args)
  }

  /** The same as nobody in this group. */
  async asMember(gid: number, ...args: string[]): Promise<Outcome> {
    const { err } = await this.run(['sh', '-c', SHOW, 'sh', process.execPath, OPEN_NODE])
    assert.equal(err, '')
    return this.run([...asUserOf(gid), OPEN_NODE, BE, ...args])
  }

  /** Runs a shell command in the lab, which may call `be`. */
  shell(command: string): Promise<Outcome> {
    return this.run(['sh', '-c', `be() { ${process.execPath} ${BE} "$@"; }\n${command}`])
  }

  async run(argv: string[]): Promise<Outcome> {
    const [file, ...args] = this.lab.argv(argv)
    const options = { env: this.settings, reject: false, stripFinalNewline: false } as const
    const { exitCode, stdout, stderr } = await execa(file!, args, options)
    return { status: exitCode ?? -1, out: stdout, err: stderr }
  }

  /** Runs `be`, which has to succeed; resolves with its standard output. */
  async done(...args: string[]): Promise<string> {
    const { status, out, err } = await this.be(...args)
    assert.equal(status, 0, `be ${args.join(' ')}: ${err}`)
    return out
  }

  /** Runs `be`, which has to fail: nothing on stdout, one line with this code on stderr. */
  async fails(code: string, status: number, ...args: string[]): Promise<string> {
    const outcome = await this.be(...args)
    assertFailure(outcome, code, status, `be ${args.join(' ')}`)
    return outcome.err
  }

  /** Starts `be` without waiting for its end. */
  start(...args: string[]): Program {
    const argv = ['sh', '-c', 'echo "be $$"; exec "$@"', 'sh', process.execPath, BE, ...args]
    return this.lab.start(argv, { name: `be ${args[0]}`, env: this.settings })
  }

  /** The same at a terminal of its own (script(1)), to which `type` writes. */
  startAtTerminal(...args: string[]): Program {
    const line = ['exec', process.execPath, BE, ...args].map(shellQuote).join(' ')
    return this.lab.start(['script', '--quiet', '--return', '--command', line, '/dev/null'], {
      name: `be ${args[0]}`,
      env: { ...this.settings, SHELL: '/bin/sh' },
    })
  }

  /** Sends a signal to the process `be` that `start` started, not to its group. */
  async kill(program: Program, signal: string): Promise<void> {
    const [, pid] = await program.transcript.waitFor(/^be (\d+)$/m, 20_000)
    await this.lab.run(['kill', `-${signal}`, pid!])
  }

  /** Starts `be serve`; resolves when it serves. */
  async serve(...args: string[]): Promise<Program> {
    const argv = [process.execPath, BE, 'serve', ...args]
    this.#service = this.lab.start(argv, { name: 'be serve', env: this.settings })
    await this.#service.transcript.waitFor(/^be: serving /m, 60_000)
    return this.#service
  }

  /** The pid of `be serve` in the lab's PID namespace. */
  get pid(): string {
    return readFileSync(join(this.state, 'serve.pid'), 'utf8').trim()
  }

  /** Sends `be serve` a signal. */
  async signal(name: string): Promise<void> {
    await this.lab.run(['kill', `-${name}`, this.pid])
  }

  /** Names and contents of all files of the state. */
  files(): Map<string, string> {
    if (!existsSync(this.state)) return new Map()
    const names = readdirSync(this.state, { recursive: true, withFileTypes: true })
    const paths = names.filter(name => name.isFile()).map(name => join(name.parentPath, name.name))
    return new Map(paths.map(path => [path, readFileSync(path, 'latin1')]))
  }

  /** Ends `be serve` and the NFS server that it leaves running, and removes all files. */
  async close(): Promise<void> {
    await this.#service?.stop(15_000)
    for (const name of ['ganesha', 'rpcbind']) {
      const file = join(this.state, `ganesha/${name}.pid`)
      if (existsSync(file)) await this.run(['kill', '-KILL', readFileSync(file, 'utf8').trim()])
    }
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** One line on stderr, `be: … [CODE]`, nothing on stdout, and the status. */
export function assertFailure(outcome: Outcome, code: string, status: number, what = ''): void {
  assert.equal(outcome.out, '', what)
  assert.match(outcome.err, new RegExp(`^be: [^\\n]*\\[${code}\\]\\n$`), what)
  assert.equal(outcome.status, status, `${what}: ${outcome.err}`)
}
