import { join, resolve } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { type Daemon, isAlive, runningPid, startDaemon, stopDaemon } from '../../host/daemon.ts'
import { makeDirectory } from '../../host/directory.ts'
import { readIfThere, removeFile } from '../../host/files.ts'
import { type Clock, type Network, sleep } from '../../net/net.ts'
import type { RpcContext } from '../../rpc/client/call.ts'
import { isTransportError } from '../../rpc/client/errors.ts'
import { nfsNull } from '../../rpc/client/nfs.ts'
import { getPort, portmapNull } from '../../rpc/client/portmap.ts'
import { MOUNT, NFS_PORT } from '../../rpc/programs.ts'
import { criticalMessages, logSize, readLogFrom } from './ganesha-log.ts'

export interface GaneshaServerOptions {
  network: Network
  clock: Clock
  /** The lab address, which it serves. */
  address: string
  /** Below it, ganesha/ keeps configuration, log and pid files. */
  stateDir: string
}

/** Ganesha is up in half a second; a host that swaps takes longer. */
const START_MS = 30_000
const RELOAD_MS = 10_000
const POLL_MS = 50
/** One that is busy with a boot storm answers sooner. */
const HANG_MS = 5000

/** The two processes: ganesha.nfsd, and rpcbind where the host runs none. */
export class GaneshaServer {
  readonly dir: string
  readonly confFile: string
  readonly logFile: string
  readonly #options: GaneshaServerOptions
  readonly #context: RpcContext
  /** Where in the log the last start or reload begins. */
  #since = 0

  constructor(options: GaneshaServerOptions) {
    this.#options = options
    this.dir = resolve(options.stateDir, 'ganesha')
    this.confFile = join(this.dir, 'ganesha.conf')
    this.logFile = join(this.dir, 'ganesha.log')
    const { network, clock, address } = options
    this.#context = { network, clock, localAddress: address, timeoutMs: 2000 }
  }

  /** The running ganesha's pid. */
  pid(): Promise<number | undefined> {
    return runningPid(this.#file('ganesha.pid'), 'ganesha.nfsd')
  }

  /** Whether ganesha answers, and the rpcbind is there that was started for it: a loader finds it by that. */
  async running(): Promise<boolean> {
    const ours = await readIfThere(this.#file('rpcbind.pid'))
    if (ours !== undefined && (await runningPid(this.#file('rpcbind.pid'), 'rpcbind')) === undefined)
      return false
    if ((await this.pid()) === undefined) return false
    // By UDP: a connection each second would keep reserved ports from others.
    const patient = { ...this.#context, timeoutMs: HANG_MS }
    return answers(nfsNull(patient, { address: this.#options.address, port: NFS_PORT }, 'udp'))
  }

  /**
   * Makes sure that it serves: starts what does not run, and starts anew a ganesha that the portmapper has
   * forgotten or that does not answer. Throws BE_GANESHA_START, BE_GANESHA_TIMEOUT, BE_RPCBIND_START,
   * BE_PROGRAM_MISSING; what was started is ended then.
   */
  async start(): Promise<void> {
    makeDirectory(this.dir, 0o755)
    const startsPortmapper = !(await this.#portmapperListens())
    try {
      if (startsPortmapper) await this.#startPortmapper()
      else await this.#forgetPortmapper()
      await this.#startGanesha()
    } catch (error) {
      if (startsPortmapper) await this.#stopPortmapper()
      throw error
    }
  }

  async #startGanesha(): Promise<void> {
    if ((await this.pid()) !== undefined) {
      if (await this.#answers()) return
      await this.#stopGanesha()
    }
    this.#since = await logSize(this.logFile)
    const argv = ['ganesha.nfsd', '-F', '-N', 'NIV_EVENT', '-f', this.confFile, '-L', this.logFile]
    const files = { logFile: this.#file('ganesha.out'), pidFile: this.#file('ganesha.pid') }
    const daemon = await startDaemon([...argv, '-p', this.#file('ganesha.lock')], files)
    const up = await this.#until(daemon, START_MS, () => this.#answers())
    if (up) return
    const ended = !isAlive(daemon.pid)
    await this.#stopGanesha()
    throw await this.#startError(ended)
  }

  /**
   * SIGHUP: it reads the exports again and leaves those that did not change as they are; waits until its
   * log says so. One that it cannot export (its directory is gone) does not hinder the others: MNT tells.
   * Throws BE_GANESHA_CONFIG for a syntax error, BE_GANESHA_TIMEOUT, BE_GANESHA_GONE.
   */
  async reload(): Promise<void> {
    const pid = await this.pid()
    if (pid === undefined) throw gone(this.logFile)
    this.#since = await logSize(this.logFile)
    process.kill(pid, 'SIGHUP')
    const end = this.#options.clock.monotonic() + RELOAD_MS
    while (this.#options.clock.monotonic() < end) {
      const log = await readLogFrom(this.logFile, this.#since)
      if (log.includes('Error while parsing')) throw badConfig(log)
      if (log.includes('Reread exports complete')) return
      if (!isAlive(pid)) throw gone(this.logFile)
      await sleep(this.#options.clock, POLL_MS)
    }
    throw timedOut('reload its exports', RELOAD_MS, this.logFile)
  }

  /** What it has said against one path since its last start or reload. */
  async refusalReason(path: string): Promise<string> {
    const log = await readLogFrom(this.logFile, this.#since)
    return criticalMessages(log, line => line.includes(path))
  }

  /** Ends ganesha, and rpcbind if it was started here. */
  async stop(): Promise<void> {
    await this.#stopGanesha()
    await this.#stopPortmapper()
  }

  async #stopPortmapper(): Promise<void> {
    const pid = await runningPid(this.#file('rpcbind.pid'), 'rpcbind')
    if (pid !== undefined) await stopDaemon(pid, this.#file('rpcbind.pid'), this.#options.clock)
    else await removeFile(this.#file('rpcbind.pid'))
  }

  async #stopGanesha(): Promise<void> {
    const pid = await this.pid()
    if (pid !== undefined) await stopDaemon(pid, this.#file('ganesha.pid'), this.#options.clock)
  }

  /** The one that was started here is gone, and the host's own took its place. */
  async #forgetPortmapper(): Promise<void> {
    const pidFile = this.#file('rpcbind.pid')
    if ((await runningPid(pidFile, 'rpcbind')) === undefined) await removeFile(pidFile)
  }

  async #portmapperListens(): Promise<boolean> {
    return portmapNull(this.#context, this.#options.address).then(
      () => true,
      error => !isTransportError(error),
    )
  }

  async #startPortmapper(): Promise<void> {
    const { address } = this.#options
    const files = { logFile: this.#file('rpcbind.log'), pidFile: this.#file('rpcbind.pid') }
    const from = await logSize(files.logFile)
    const daemon = await startDaemon(['rpcbind', '-f', '-h', address], files)
    if (await this.#until(daemon, START_MS, () => this.#portmapperListens())) return
    const said = (await readLogFrom(files.logFile, from)).trim().split('\n', 1).join('')
    throw new BeError('BE_RPCBIND_START', `rpcbind does not answer at ${address}${said && `: ${said}`}`, {
      hint: `see ${files.logFile}; does another one run without serving this address? Is there an /etc/services?`,
      exit: 'unavailable',
    })
  }

  /** Polls until `ready`; false when the daemon ends or time is up. */
  async #until(daemon: Daemon, limitMs: number, ready: () => Promise<boolean>): Promise<boolean> {
    let ended = false
    const mark = (): void => {
      ended = true
    }
    daemon.ended.then(mark, mark)
    const { clock } = this.#options
    const end = clock.monotonic() + limitMs
    while (!ended && clock.monotonic() < end) {
      if (await ready()) return true
      await sleep(clock, POLL_MS)
    }
    return false
  }

  /** NFS answers on the kernel's port, and a loader would find MOUNT. */
  async #answers(): Promise<boolean> {
    const { address } = this.#options
    const nfs = nfsNull(this.#context, { address, port: NFS_PORT }, 'tcp')
    return answers(nfs.then(() => getPort(this.#context, address, MOUNT, 'udp')))
  }

  async #startError(ended: boolean): Promise<BeError> {
    if (!ended) return timedOut('start', START_MS, this.logFile)
    const why = criticalMessages(await readLogFrom(this.logFile, this.#since))
    return new BeError('BE_GANESHA_START', `ganesha.nfsd ended at its start${why === '' ? '' : `: ${why}`}`, {
      hint: `see ${this.logFile}; is port 2049 free (another NFS server)?`,
      exit: 'unavailable',
    })
  }

  #file(name: string): string {
    return join(this.dir, name)
  }
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )

const badConfig = (log: string): BeError =>
  new BeError('BE_GANESHA_CONFIG', `ganesha.nfsd cannot read its exports: ${criticalMessages(log)}`, {
    hint: 'please report this',
    exit: 'data',
  })

const timedOut = (what: string, ms: number, log: string): BeError =>
  new BeError('BE_GANESHA_TIMEOUT', `ganesha.nfsd did not ${what} within ${ms / 1000} s`, {
    hint: `see ${log}`,
    exit: 'tryAgain',
  })

const gone = (log: string): BeError =>
  new BeError('BE_GANESHA_GONE', 'ganesha.nfsd does not run any more', {
    hint: `see ${log}; be serve starts it again`,
    exit: 'unavailable',
  })
