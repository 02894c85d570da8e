import type { DhcpReply, DhcpTraits } from '../boot/client.ts'
import { FileTree } from '../boot/file-tree.ts'
import { identify } from '../boot/identify.ts'
import type { BootPlan } from '../boot/plan.ts'
import { FileLeaseDisk } from '../dhcp/lease-disk.ts'
import { LeaseBook } from '../dhcp/leases.ts'
import { DhcpServer, type DhcpServerOptions } from '../dhcp/server.ts'
import { reason } from '../errors/errors.ts'
import { bootHandler } from '../http/boot.ts'
import { leasesFile } from '../lab/leased-address.ts'
import { driverOrLater } from '../lab/nfs-driver.ts'
import type { Planner } from '../lab/planner.ts'
import type { Effective } from '../lab/settings.ts'
import { type InheritedNetwork, inherit, inheritedDescriptors } from '../net/inherited.ts'
import type { Network } from '../net/net.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import type { Lock } from '../state/file-lock.ts'
import { withExportsLock } from '../state/lock.ts'
import { lockService } from '../state/service-lock.ts'
import { TftpServer } from '../tftp/server.ts'
import type { Appliance } from '../verbs/appliance.ts'
import { mountShared } from '../verbs/environments/environments.ts'
import { followBoots } from './boots/follow.ts'
import type { BootTracker } from './boots/tracker.ts'
import { CallBackHandler } from './call-back.ts'
import { serveNfs } from './embedded-nfs.ts'
import { attachedNetworks, checkInterfaces } from './networks.ts'
import { NfsSupervisor } from './nfs-supervisor.ts'
import { planEvents } from './plan-events.ts'
import { listening, refuseOtherListener } from './ports.ts'
import { applyLiveSettings } from './reload.ts'
import { tftpLimits } from './tftp-limits.ts'

/** How long transfers may go on after the service was told to stop. */
const GRACE_MS = 10_000
/** Leases of this time share one sync; to a client, which waits for seconds, it makes no difference. */
const GATHER_MS = 25

const LEVELS = ['debug', 'info', 'warn', 'error']

/** `be serve`: DHCP, TFTP and HTTP in one process, answering what the planner says. */
export class Service {
  readonly #be: Appliance
  readonly #print: (record: SessionRecord) => void
  /** The host's, or the one that holds sockets which were opened for us. */
  #network: Network
  /** What was started. */
  readonly #running: { stop(graceMs: number): Promise<void> }[] = []
  #leases: LeaseBook | undefined
  #boots: BootTracker | undefined
  #lock: Lock | undefined
  /** Name of the driver that exports. */
  #exporter = 'none'

  /** `print` gets every event that is important enough for log.level. */
  constructor(be: Appliance, print: (record: SessionRecord) => void) {
    this.#be = be
    this.#network = be.network
    this.#print = print
  }

  /**
   * Starts everything, or nothing: what was started is stopped again when the rest cannot be. Throws
   * BE_ALREADY_SERVING, BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL, BE_DHCP_OTHER_SERVER, and
   * the errors of state, leases and settings.
   */
  async start(): Promise<void> {
    this.#lock = lockService(this.#be.stateDir)
    try {
      const { planner } = this.#be
      this.#be.keepSessionLog()
      this.#be.sessionLog.listen(record => this.#tell(record))
      // Before anything else: all of what is told of machines is for it to see.
      this.#boots = followBoots(this.#be, planner, () => this.#exporter === 'embedded')
      const inherited = await this.#inherit()
      checkInterfaces(this.#be, inherited)
      const files = this.#files(planner)
      const emit = this.#naming(planner)
      await this.#startHttp(files, emit)
      await this.#startTftp(files, emit)
      await this.#checkDhcpPort(inherited)
      // Last but for DHCP, which sends machines to all the others.
      await mountShared(this.#be)
      await this.#startNfs(emit)
      await this.#startDhcp(planner, emit)
      this.#sayUnused(inherited)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#be.sessionLog.emit({ event: 'serve:ready', detail: { lab: this.#be.subnet.cidr } })
  }

  /** Takes no more requests, lets transfers finish, then ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(part => part.stop(GRACE_MS)))
    this.#boots?.stop()
    await this.#leases?.close()
    await this.#be.sessionLog.flush()
    this.#lock?.release()
  }

  /**
   * SIGHUP: reads the configuration again. Settings that answers are made from count from now on; those that
   * hold sockets, leases or the pool are named, and wait for a restart. A configuration that is wrong changes
   * nothing. Transfers and leases are not touched. Never rejects.
   */
  async reload(read: () => Promise<Effective>): Promise<void> {
    const { settings, sessionLog } = this.#be
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

  /** Prints what is important enough. */
  #tell(record: SessionRecord): void {
    const least = this.#be.settings['log.level']
    if (LEVELS.indexOf(record.level ?? 'info') >= LEVELS.indexOf(least)) this.#print(record)
  }

  /** One line on what is served where. */
  banner(): string {
    const { settings, subnet: lab } = this.#be
    const parts = [
      settings['dhcp.mode'] === 'off' ? 'no DHCP' : `DHCP (${settings['dhcp.mode']})`,
      `TFTP :${settings['tftp.port']}`,
      `HTTP :${settings['http.port']}`,
      `NFS by ${this.#exporter === 'none' ? this.#be.nfsServer : this.#exporter}`,
    ]
    return `serving ${settings['be.root']} on ${lab.address}/${lab.prefix}: ${parts.join(', ')}`
  }

  /** Sockets that a service manager opened stand in for those that we would. */
  async #inherit(): Promise<InheritedNetwork> {
    const inherited = await inherit(this.#be.network, inheritedDescriptors(process.env, process.pid))
    this.#network = inherited
    this.#running.push({ stop: async () => inherited.close() })
    return inherited
  }

  /** A socket that is open and served by nobody looks to clients like a service that hangs. */
  #sayUnused(inherited: InheritedNetwork): void {
    for (const { address, port } of inherited.unused()) {
      this.#be.sessionLog.emit({ event: 'serve:socket-unused', level: 'warn', detail: { address, port } })
    }
  }

  async #startNfs(emit: Emit): Promise<void> {
    const { shares, clock, stateDir } = this.#be
    const driver = await driverOrLater(() => this.#be.nfsDriver())
    this.#exporter = driver.name
    if (driver.serve !== undefined) {
      const context = { network: this.#network, emit, shares: this.#be.sharesNow }
      this.#running.push(await serveNfs(driver.serve, context))
      return
    }
    const keeper = new NfsSupervisor({
      driver,
      clock,
      emit,
      shares: () => shares.all(),
      alone: work => withExportsLock(stateDir, clock, work),
    })
    this.#running.push(keeper)
    await keeper.start()
  }

  async #startHttp(files: FileTree, emit: Emit): Promise<void> {
    const port = this.#be.settings['http.port']
    const { clock, guestCommands: errands } = this.#be
    const desk = new CallBackHandler({ clock, emit, boots: this.#boots!, errands })
    const handler = desk.handler(bootHandler(files, emit))
    for (const address of this.#be.addresses) {
      const start = () => this.#network.http({ address, port }, handler, this.#malformed(emit))
      const listener = await listening(start)
      this.#running.push({ stop: graceMs => listener.close(graceMs) })
    }
  }

  /** What is no HTTP is counted, and told of once for each source and second. */
  #malformed(emit: Emit): (from: string, error: string) => void {
    const complaints = new WarningLimiter(this.#be.clock)
    let total = 0
    return (ip, error) => {
      total++
      if (complaints.allow(ip)) emit({ event: 'http:malformed', level: 'warn', ip, detail: { error, total } })
    }
  }

  async #startTftp(files: FileTree, emit: Emit): Promise<void> {
    const { clock, settings } = this.#be
    const port = settings['tftp.port']
    const options = { network: this.#network, clock, emit, files, port, limits: tftpLimits(settings) }
    for (const address of this.#be.addresses) {
      const server = new TftpServer({ ...options, address })
      await listening(() => server.start())
      this.#running.push(server)
    }
  }

  /** A socket that was opened for us is on the port because it is ours. */
  async #checkDhcpPort(inherited: InheritedNetwork): Promise<void> {
    const { network, subnet: lab, settings } = this.#be
    const at = { address: lab.address, port: settings['dhcp.port'] }
    if (settings['dhcp.mode'] === 'off' || inherited.unused().some(({ port }) => port === at.port)) return
    await listening(() => refuseOtherListener(network, at))
  }

  async #startDhcp(planner: Planner, emit: Emit): Promise<void> {
    const { clock, settings } = this.#be
    const network = this.#network
    const mode = settings['dhcp.mode']
    if (mode === 'off') return
    const port = settings['dhcp.port']
    this.#leases = await LeaseBook.open({
      disk: new FileLeaseDisk(leasesFile(this.#be.stateDir)),
      clock,
      gatherMs: GATHER_MS,
    })
    const { damaged } = this.#leases
    if (damaged > 0) emit({ event: 'dhcp:leases-damaged', level: 'warn', detail: { lines: damaged } })
    const { inventory, recogniser } = this.#be
    const options: Omit<DhcpServerOptions, 'lab'> = {
      network,
      clock,
      emit,
      mode,
      port,
      lookFirst: !settings['dhcp.authoritative'],
      probe: settings['dhcp.probe'],
      leases: this.#leases,
      recognise: client => recogniser.notice(client),
      reservation: mac => recogniser.machineOf({ mac })?.ip,
      reservedFor: ip => inventory.byAddress(ip)?.mac,
      plan: async (traits, ip) => this.#answer(await planner.answer(traits, ip), emit),
      took: (mac, ip) => planner.took(mac, ip),
      stage: (traits: DhcpTraits) => identify(traits, planner.seen(traits.mac)).stage,
    }
    for (const lab of attachedNetworks(this.#be)) {
      const server = new DhcpServer({ ...options, lab })
      await listening(() => server.start())
      this.#running.push({ stop: () => server.stop() })
    }
  }

  /** Notes what was decided, and answers it. */
  #answer(plan: BootPlan, emit: Emit): DhcpReply | undefined {
    for (const event of planEvents(plan)) emit(event)
    return plan.reply
  }

  #files(planner: Planner): FileTree {
    const { bootFileDirs } = this.#be
    return new FileTree({
      pxe: bootFileDirs,
      bePath: name => planner.pathOf(name),
      machineBe: async mac => this.#be.assignmentOf(mac)?.be,
      virtual: (mac, path) => planner.file(mac, path.slice(1)),
    })
  }

  /** TFTP and HTTP know addresses; the log is by machine. */
  #naming(planner: Planner): Emit {
    return (event: SessionEvent) => {
      const client = event.mac === undefined && event.ip !== undefined ? planner.seen(event.ip) : undefined
      const named =
        client === undefined ? event : { ...event, mac: client.mac, stage: event.stage ?? client.stage }
      this.#be.sessionLog.emit(named)
    }
  }
}
