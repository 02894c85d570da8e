import { join, resolve } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { type Daemon, isAlive, runningPid, startDaemon, stopDaemon } from '../../host/daemon.ts'
import { makeDirectory } from '../../host/directory.ts'
import { readIfThere, removeFile } from '../../host/files.ts'
import type { Clock, Network } from '../../net/net.ts'
import { poll } from '../../net/poll.ts'
import { type RpcContext, succeeds } from '../../rpc/client/call.ts'
import { isTransportError } from '../../rpc/client/errors.ts'
import { nfsNull } from '../../rpc/client/nfs.ts'
import { getPort, portmapNull } from '../../rpc/client/portmap.ts'
import { MOUNT, NFS_PORT } from '../../rpc/programs.ts'
import { criticalMessages, logSize, readLogFrom } from './ganesha-log.ts'

export interface GaneshaServerOptions {
  network: Network
  clock: Clock
  /** The lab address, on which it serves. */
  address: string
  /** Its subdirectory ganesha/ holds configuration, log and pid files. */
  stateDir: string
}

/** Ganesha starts in half a second; a host that swaps takes longer. */
const START_MS = 30_000
const RELOAD_MS = 10_000
const POLL_MS = 50
/** Without an answer to NULL for so long, ganesha hangs; during a boot storm it answers sooner. */
const HANG_MS = 5000

/** The processes of nfs-ganesha: ganesha.nfsd, and rpcbind where the host runs none. */
export class GaneshaServer {
  readonly dir: string
  readonly confFile: string
  readonly logFile: string
  readonly #options: GaneshaServerOptions
  readonly #context: RpcContext
  /** Size of the log, in bytes, at the last start or reload. */
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

  /** Whether ganesha answers, and the rpcbind runs that was started for it, by which loaders find it. */
  async running(): Promise<boolean> {
    const ours = await readIfThere(this.#file('rpcbind.pid'))
    if (ours !== undefined && (await runningPid(this.#file('rpcbind.pid'), 'rpcbind')) === undefined)
      return false
    if ((await this.pid()) === undefined) return false
    // By UDP: a TCP connection each second would keep many ports in TIME_WAIT.
    const patient = { ...this.#context, timeoutMs: HANG_MS }
    return succeeds(nfsNull(patient, { address: this.#options.address, port: NFS_PORT }, 'udp'))
  }

  /**
   * Starts what does not run, and restarts a ganesha that does not answer or is not registered with the portmapper.
   * Throws BE_GANESHA_START, BE_GANESHA_TIMEOUT, BE_RPCBIND_START, BE_PROGRAM_MISSING, with all that was started
   * stopped again.
   */
  async start(): Promise<void> {
    makeDirectory(this.dir, 0o755)
    const startsPortmapper = !(await this.#portmapperListens())
    try {
      if (startsPortmapper) await this.#startPortmapper()
      else await this.#removeStalePidFile()
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
   * Makes ganesha read the exports again (SIGHUP), and waits until its log says that it has. Unchanged exports are
   * not disturbed. An export that fails, as its directory is gone, does not affect the others; MNT shows it.
   * Throws BE_GANESHA_CONFIG for a syntax error, BE_GANESHA_TIMEOUT, BE_GANESHA_GONE.
   */
  async reload(): Promise<void> {
    const pid = await this.pid()
    if (pid === undefined) throw gone(this.logFile)
    this.#since = await logSize(this.logFile)
    process.kill(pid, 'SIGHUP')
    const isReloaded = async (): Promise<boolean> => {
      const log = await readLogFrom(this.logFile, this.#since)
      if (log.includes('Error while parsing')) throw badConfig(log)
      if (log.includes('Reread exports complete')) return true
      if (!isAlive(pid)) throw gone(this.logFile)
      return false
    }
    if (await poll(this.#options.clock, { everyMs: POLL_MS, limitMs: RELOAD_MS }, isReloaded)) return
    throw timedOut('reload its exports', RELOAD_MS, this.logFile)
  }

  /** The critical messages about a path since the last start or reload. */
  async refusalReason(path: string): Promise<string> {
    const log = await readLogFrom(this.logFile, this.#since)
    return criticalMessages(log, line => line.includes(path))
  }

  /** Stops ganesha, and rpcbind if start() started it. */
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

  /** Removes the pid file of an rpcbind that has ended: the host's own one is used now. */
  async #removeStalePidFile(): Promise<void> {
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
    const message = (await readLogFrom(files.logFile, from)).trim().split('\n', 1).join('')
    throw new BeError(
      'BE_RPCBIND_START',
      `rpcbind does not answer at ${address}${message && `: ${message}`}`,
      {
        hint: `see ${files.logFile}; does another one run without serving this address? Is there an /etc/services?`,
      },
    )
  }

  /** Polls until `ready`; false when the daemon ends, or the limit has passed. */
  async #until(daemon: Daemon, limitMs: number, ready: () => Promise<boolean>): Promise<boolean> {
    let ended = false
    const setEnded = (): void => {
      ended = true
    }
    daemon.ended.then(setEnded, setEnded)
    let isReady = false
    await poll(this.#options.clock, { everyMs: POLL_MS, limitMs }, async () => {
      isReady = !ended && (await ready())
      return ended || isReady
    })
    return isReady
  }

  /** Whether NFS answers on the kernel's port, and the portmapper lists MOUNT for loaders. */
  async #answers(): Promise<boolean> {
    const { address } = this.#options
    const nfs = nfsNull(this.#context, { address, port: NFS_PORT }, 'tcp')
    return succeeds(nfs.then(() => getPort(this.#context, address, MOUNT, 'udp')))
  }

  async #startError(ended: boolean): Promise<BeError> {
    if (!ended) return timedOut('start', START_MS, this.logFile)
    const why = criticalMessages(await readLogFrom(this.logFile, this.#since))
    return new BeError('BE_GANESHA_START', `ganesha.nfsd ended at its start${why === '' ? '' : `: ${why}`}`, {
      hint: `see ${this.logFile}; is port 2049 free (another NFS server)?`,
    })
  }

  #file(name: string): string {
    return join(this.dir, name)
  }
}

const badConfig = (log: string): BeError =>
  new BeError('BE_GANESHA_CONFIG', `ganesha.nfsd cannot read its exports: ${criticalMessages(log)}`, {
    hint: 'please report this',
  })

const timedOut = (what: string, ms: number, log: string): BeError =>
  new BeError('BE_GANESHA_TIMEOUT', `ganesha.nfsd did not ${what} within ${ms / 1000} s`, {
    hint: `see ${log}`,
  })

const gone = (log: string): BeError =>
  new BeError('BE_GANESHA_GONE', 'ganesha.nfsd does not run any more', {
    hint: `see ${log}; be serve starts it again`,
  })
