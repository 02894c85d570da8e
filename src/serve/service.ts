import { reason } from '../errors/errors.ts'
import { notifyReady } from '../host/notify.ts'
import type { Lab } from '../lab/lab.ts'
import type { Effective } from '../lab/settings.ts'
import { type InheritedNetwork, inherit, inheritedDescriptors } from '../net/inherited.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import { lockService, type ServiceLock } from '../state/service-lock.ts'
import { mountShared } from '../verbs/environments/mount.ts'
import { bootFiles, startHttp, startTftp } from './boot-files.ts'
import { type FollowedBoots, followBoots } from './boots/follow.ts'
import { capacityOf } from './capacity.ts'
import { checkDhcpPort, startDhcp } from './dhcp.ts'
import { checkInterfaces } from './networks.ts'
import { startNfs } from './nfs.ts'
import { openRootEvent } from './open-root.ts'
import type { Part } from './part.ts'
import { applyLiveSettings } from './reload.ts'

/** How long (ms) transfers may go on after `stop`. */
const GRACE_MS = 10_000

/** Of log.level, by importance. */
const LEVELS = ['debug', 'info', 'warn', 'error']

/** `be serve`: DHCP, TFTP, HTTP and the NFS server in one process; their replies come from the lab's planner. */
export class Service {
  readonly #lab: Lab
  readonly #print: (record: SessionRecord) => void
  /** The running parts, in the order of their start. */
  readonly #parts: Part[] = []
  #boots: FollowedBoots | undefined
  #lock: ServiceLock | undefined
  /** Name of the NFS driver. */
  #exporter = 'none'

  /** `print` receives the events of log.level and above. */
  constructor(lab: Lab, print: (record: SessionRecord) => void) {
    this.#lab = lab
    this.#print = print
  }

  /**
   * Starts all parts; if one fails, those before it are stopped again. Throws BE_ALREADY_SERVING, BE_PORT_TAKEN,
   * BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL, BE_DHCP_OTHER_SERVER, and the errors of state, leases and settings.
   */
  async start(): Promise<void> {
    const lab = this.#lab
    this.#lock = lockService(lab.stateDir)
    try {
      // First: it needs all events of a boot.
      const print = (record: SessionRecord) => this.#printIfImportant(record)
      const boots = followBoots(lab, { print, servesRoots: () => this.#exporter === 'embedded' })
      this.#boots = boots
      const inherited = await this.#inheritSockets()
      checkInterfaces(lab, inherited)
      const started = (part: Part) => void this.#parts.push(part)
      const capacity = capacityOf(lab, this.#emit)
      const context = { lab, network: inherited, emit: this.#emit, capacity, started }
      const files = bootFiles(lab)
      await startHttp(context, { files, boots: boots.tracker })
      await startTftp(context, files)
      await checkDhcpPort(lab, inherited)
      await mountShared(lab)
      await startNfs(context, name => {
        this.#exporter = name
      })
      // Last: DHCP replies refer machines to all other servers.
      await startDhcp(context)
      this.#reportUnused(inherited)
      const openRoot = await openRootEvent(lab.settings['be.root'])
      if (openRoot !== undefined) lab.sessionLog.emit(openRoot)
      this.#lock.ready()
      const failure = await notifyReady()
      if (failure !== undefined) lab.warn(`the service manager is not told that this serves: ${failure}`)
    } catch (error) {
      await this.stop()
      throw error
    }
    lab.sessionLog.emit({ event: 'serve:ready', detail: { lab: lab.subnets.lab.cidr } })
  }

  /** Accepts no new requests; resolves when transfers have ended, at the latest after GRACE_MS. */
  async stop(): Promise<void> {
    const parts = this.#parts.splice(0)
    await Promise.all(parts.map(part => part.stop(GRACE_MS)))
    this.#boots?.stop()
    for (const part of parts) await part.close?.()
    await this.#lab.sessionLog.close()
    this.#lock?.release()
  }

  /**
   * SIGHUP: reads the configuration again, applies what may change while serving, and logs which settings need a restart.
   * An invalid configuration changes nothing. Transfers and leases are not affected. Never rejects.
   */
  async reload(read: () => Promise<Effective>): Promise<void> {
    const { settings, sessionLog } = this.#lab
    try {
      const { applied, waiting } = applyLiveSettings(settings, (await read()).settings)
      const detail = {
        applied: applied.join(',') || 'nothing',
        'restart-for': waiting.join(',') || undefined,
      }
      sessionLog.emit({ event: 'serve:reloaded', level: waiting.length > 0 ? 'warn' : 'info', detail })
    } catch (error) {
      const detail = { error: reason(error) }
      sessionLog.emit({ event: 'serve:reload-failed', level: 'error', detail })
    }
  }

  /** One line: what is served on which address. */
  banner(): string {
    const { settings, subnets, nfs } = this.#lab
    const { address, prefix } = subnets.lab
    const parts = [
      settings['dhcp.mode'] === 'off' ? 'no DHCP' : `DHCP (${settings['dhcp.mode']})`,
      `TFTP :${settings['tftp.port']}`,
      `HTTP :${settings['http.port']}`,
      `NFS by ${this.#exporter === 'none' ? nfs.server : this.#exporter}`,
    ]
    return `serving ${settings['be.root']} on ${address}/${prefix}: ${parts.join(', ')}`
  }

  #printIfImportant(record: SessionRecord): void {
    const least = this.#lab.settings['log.level']
    if (LEVELS.indexOf(record.level ?? 'info') >= LEVELS.indexOf(least)) this.#print(record)
  }

  /** The host's network, with the sockets that a service manager has opened (systemd.socket(5)). */
  async #inheritSockets(): Promise<InheritedNetwork> {
    const descriptors = inheritedDescriptors(process.env, process.pid)
    const inherited = await inherit(this.#lab.network, descriptors)
    this.#parts.push({ stop: async () => inherited.close() })
    return inherited
  }

  /** Logs inherited sockets that no part serves: to clients such a socket looks like a service that hangs. */
  #reportUnused(inherited: InheritedNetwork): void {
    for (const { address, port } of inherited.unused()) {
      this.#lab.sessionLog.emit({ event: 'serve:socket-unused', level: 'warn', detail: { address, port } })
    }
  }

  /** Writes an event to the session log; adds the MAC and the stage to those of TFTP and HTTP, which have only an address. */
  readonly #emit: Emit = (event: SessionEvent) => {
    const { planner, sessionLog } = this.#lab
    const client = event.mac === undefined && event.ip !== undefined ? planner.clientOf(event.ip) : undefined
    sessionLog.emit(
      client === undefined ? event : { ...event, mac: client.mac, stage: event.stage ?? client.stage },
    )
  }
}
