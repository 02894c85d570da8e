import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import type { Run } from '../../src/host/run.ts'

const BROADCAST = '255.255.255.255'

/** route(8) of FreeBSD 15.0, as far as it concerns broadcasts. */
export class FakeRoute {
  /** The interface of the default route. */
  readonly #default: string | undefined
  /** The interface of a host route for broadcasts. */
  #host: string | undefined

  constructor(by: string | undefined) {
    this.#default = by
  }

  readonly run: Run = async argv => {
    const [program, ...args] = argv
    assert.equal(program, 'route')
    if (args[0] === '-n') {
      assert.deepEqual(args, ['-n', 'get', BROADCAST])
      const by = this.#host ?? this.#default
      if (by === undefined) throw failed(argv, 'route: route has not been found')
      return { stdout: this.#get(by), stderr: '' }
    }
    const [verb, kind, address, flag, device] = args
    assert.deepEqual([kind, address, flag], ['-host', BROADCAST, '-iface'])
    if (verb === 'add' && this.#host !== undefined) {
      throw failed(argv, 'route: message indicates error: File exists')
    }
    this.#host = verb === 'add' ? device : undefined
    return { stdout: `${verb} host ${address}: gateway ${device}`, stderr: '' }
  }

  /** The interface that broadcasts leave by. */
  get by(): string | undefined {
    return this.#host ?? this.#default
  }

  #get(by: string): string {
    const gateway = this.#host === undefined ? '    gateway: 10.0.0.1\n' : ''
    return `   route to: ${BROADCAST}\ndestination: default\n       mask: default\n${gateway}        fib: 0\n  interface: ${by}\n      flags: <UP,GATEWAY,DONE,STATIC>\n recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire\n       0         0         0         0      1500         1         0 `
  }
}

const failed = (argv: readonly string[], stderr: string): BeError =>
  new BeError('BE_PROGRAM_FAILED', `${argv.join(' ')} failed`, { cause: { status: 1, stderr } })
