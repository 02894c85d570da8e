import { reason } from '../errors/errors.ts'
import type { Lab } from '../lab/lab.ts'
import type { Effective } from '../lab/settings.ts'
import { type InheritedNetwork, inherit, inheritedDescriptors } from '../net/inherited.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import type { Lock } from '../state/file-lock.ts'
import { lockService } from '../state/service-lock.ts'
import { mountShared } from '../verbs/environments/mount.ts'
import { bootFiles, startHttp, startTftp } from './boot-files.ts'
import { followBoots } from './boots/follow.ts'
import type { BootTracker } from './boots/tracker.ts'
import { checkDhcpPort, startDhcp } from './dhcp.ts'
import { checkInterfaces } from './networks.ts'
import { startNfs } from './nfs.ts'
import type { Part } from './part.ts'
import { applyLiveSettings } from './reload.ts'

/** How long transfers may go on after the service was told to stop. */
const GRACE_MS = 10_000

const LEVELS = ['debug', 'info', 'warn', 'error']

/** `be serve`: DHCP, TFTP, HTTP and the NFS server in one process, answering what the planner says. */
export class Service {
  readonly #lab: Lab
  readonly #print: (record: SessionRecord) => void
  /** The parts that run, in the order of their start. */
  readonly #parts: Part[] = []
  #boots: BootTracker | undefined
  #lock: Lock | undefined
  /** Name of the NFS driver. */
  #exporter = 'none'

  /** `print` receives every event that is important enough for log.level. */
  constructor(lab: Lab, print: (record: SessionRecord) => void) {
    this.#lab = lab
    this.#print = print
  }

  /**
   * Starts everything, or nothing: what was started is stopped again when the rest cannot be. Throws
   * BE_ALREADY_SERVING, BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL, BE_DHCP_OTHER_SERVER, and
   * the errors of state, leases and settings.
   */
  async start(): Promise<void> {
    const lab = this.#lab
    this.#lock = lockService(lab.stateDir)
    try {
      // Before everything else, so that no event of a boot is missed.
      const onRecord = (record: SessionRecord) => this.#printIfImportant(record)
      const boots = followBoots(lab, { onRecord, servesRoots: () => this.#exporter === 'embedded' })
      this.#boots = boots
      const inherited = await this.#inheritSockets()
      checkInterfaces(lab, inherited)
      const started = (part: Part) => void this.#parts.push(part)
      const context = { lab, network: inherited, emit: this.#emit, started }
      const files = bootFiles(lab)
      await startHttp(context, { files, boots })
      await startTftp(context, files)
      await checkDhcpPort(lab, inherited)
      await mountShared(lab)
      await startNfs(context, name => {
        this.#exporter = name
      })
      // Last: DHCP sends machines to all the others.
      await startDhcp(context)
      this.#reportUnused(inherited)
    } catch (error) {
      await this.stop()
      throw error
    }
    lab.sessionLog.emit({ event: 'serve:ready', detail: { lab: lab.subnets.lab.cidr } })
  }

  /** Takes no more requests, lets transfers finish, then ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#parts.splice(0).map(part => part.stop(GRACE_MS)))
    this.#boots?.stop()
    await this.#lab.sessionLog.flush()
    this.#lock?.release()
  }

  /**
   * SIGHUP: reads the configuration again. Settings that each answer is made from are applied; those that hold
   * sockets, leases or the pool are named, and wait for a restart. A configuration that is wrong changes nothing.
   * Transfers and leases are not touched. Never rejects.
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

  /** One line on what is served where. */
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

  /** Sockets that a service manager opened are used in the place of our own. */
  async #inheritSockets(): Promise<InheritedNetwork> {
    const descriptors = inheritedDescriptors(process.env, process.pid)
    const inherited = await inherit(this.#lab.network, descriptors)
    this.#parts.push({ stop: async () => inherited.close() })
    return inherited
  }

  /** To clients, a socket that is open but not served looks like a service that hangs. */
  #reportUnused(inherited: InheritedNetwork): void {
    for (const { address, port } of inherited.unused()) {
      this.#lab.sessionLog.emit({ event: 'serve:socket-unused', level: 'warn', detail: { address, port } })
    }
  }

  /** Adds the machine to events of TFTP and HTTP, which have only its address. */
  readonly #emit: Emit = (event: SessionEvent) => {
    const { planner, sessionLog } = this.#lab
    const client = event.mac === undefined && event.ip !== undefined ? planner.clientOf(event.ip) : undefined
    sessionLog.emit(
      client === undefined ? event : { ...event, mac: client.mac, stage: event.stage ?? client.stage },
    )
  }
}
