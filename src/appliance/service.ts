import type { DhcpReply, DhcpTraits } from '../boot/client.ts'
import { FileTree } from '../boot/file-tree.ts'
import { identify } from '../boot/identify.ts'
import type { BootPlan } from '../boot/plan.ts'
import { labPool } from '../config/resolve.ts'
import { FileLeaseDisk } from '../dhcp/lease-disk.ts'
import { LeaseBook } from '../dhcp/leases.ts'
import { DhcpServer } from '../dhcp/server.ts'
import { reason } from '../errors.ts'
import { bootHandler } from '../http/boot.ts'
import { type InheritedNetwork, inherit, inheritedDescriptors } from '../net/inherited.ts'
import type { Listener, Network } from '../net/net.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import { TftpServer } from '../tftp/server.ts'
import type { Appliance } from './appliance.ts'
import { leasesFile } from './leased.ts'
import type { Planner } from './planner.ts'

/** How long transfers may go on after the service was told to stop. */
const GRACE_MS = 10_000

const LEVELS = ['debug', 'info', 'warn', 'error']

/** `be serve`: DHCP, TFTP and HTTP in one process, answering what the planner says. */
export class Service {
  readonly #be: Appliance
  readonly #print: (record: SessionRecord) => void
  #network: Network
  /** What was started, in order; stopped in reverse. */
  readonly #running: { stop(graceMs: number): Promise<void> }[] = []
  #leases: LeaseBook | undefined

  /** `print` gets every event that is important enough for log.level. */
  constructor(be: Appliance, print: (record: SessionRecord) => void) {
    this.#be = be
    this.#network = be.network
    this.#print = print
  }

  /** Starts everything, or nothing: what was started is stopped again when the rest cannot be. */
  async start(): Promise<void> {
    this.#be.keepSessionLog()
    const least = LEVELS.indexOf(this.#be.settings['log.level'])
    this.#be.sessionLog.listen(record => {
      if (LEVELS.indexOf(record.level ?? 'info') >= least) this.#print(record)
    })
    try {
      const inherited = await this.#inherit()
      const planner = await this.#be.planner()
      const files = this.#files(planner)
      const emit = this.#naming(planner)
      await this.#startNfs(emit)
      await this.#startHttp(files, emit)
      await this.#startTftp(files, emit)
      await this.#startDhcp(planner, emit)
      this.#sayUnused(inherited)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#be.sessionLog.emit({ event: 'serve:ready', detail: { lab: this.#be.lab.cidr } })
  }

  /** Lets transfers finish, then ends. */
  async stop(): Promise<void> {
    for (const part of this.#running.splice(0).reverse()) await part.stop(GRACE_MS)
    await this.#leases?.close()
    await this.#be.sessionLog.flush()
  }

  /** One line on what is served where. */
  banner(): string {
    const { settings, lab } = this.#be
    const parts = [
      settings['dhcp.mode'] === 'off' ? 'no DHCP' : `DHCP (${settings['dhcp.mode']})`,
      `TFTP :${settings['tftp.port']}`,
      `HTTP :${settings['http.port']}`,
      `NFS by ${settings['nfs.driver'] === 'none' ? `${this.#be.nfsServer}` : settings['nfs.driver']}`,
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

  /** Exports what is shared; a host that cannot now may later: each boot says so by itself. */
  async #startNfs(emit: Emit): Promise<void> {
    const { nfsDriver, shares } = this.#be
    try {
      await nfsDriver.start?.(shares.all())
    } catch (error) {
      emit({ event: 'nfs:failed', level: 'error', detail: { error: reason(error) } })
    }
  }

  async #startHttp(files: FileTree, emit: Emit): Promise<void> {
    const { lab, settings } = this.#be
    const at = { address: lab.address, port: settings['http.port'] }
    const listener: Listener = await this.#network.http(at, bootHandler(files, emit))
    this.#running.push({ stop: graceMs => listener.close(graceMs) })
  }

  async #startTftp(files: FileTree, emit: Emit): Promise<void> {
    const { clock, lab, settings } = this.#be
    const network = this.#network
    const port = settings['tftp.port']
    const server = new TftpServer({ network, clock, emit, files, address: lab.address, port })
    await server.start()
    this.#running.push(server)
  }

  async #startDhcp(planner: Planner, emit: Emit): Promise<void> {
    const { clock, lab, settings, effective } = this.#be
    const network = this.#network
    const mode = settings['dhcp.mode']
    if (mode === 'off') return
    this.#leases = await LeaseBook.open({ disk: new FileLeaseDisk(leasesFile(this.#be.stateDir)), clock })
    const { damaged } = this.#leases
    if (damaged > 0) emit({ event: 'dhcp:leases-damaged', level: 'warn', detail: { lines: damaged } })
    const { inventory, recogniser } = this.#be
    const server = new DhcpServer({
      network,
      clock,
      emit,
      mode,
      lab: {
        address: lab.address,
        netmask: lab.netmask,
        pool: labPool(effective, lab),
        leaseSeconds: settings['dhcp.lease'],
        router: settings['lab.router'],
        relayed: this.#be.relayed,
      },
      port: settings['dhcp.port'],
      lookFirst: !settings['dhcp.authoritative'],
      probe: settings['dhcp.probe'],
      leases: this.#leases,
      recognise: client => void recogniser.machineOf(client),
      reservation: mac => recogniser.machineOf({ mac })?.ip,
      reservedFor: ip => inventory.byAddress(ip)?.mac,
      plan: async (traits, ip) => this.#answer(await planner.answer(traits, ip), emit),
      stage: (traits: DhcpTraits) => identify(traits, planner.seen(traits.mac)).stage,
    })
    await server.start()
    this.#running.push({ stop: () => server.stop() })
  }

  /** Notes what was decided, and answers it. */
  #answer({ client, be, handoff, reply, refusal }: BootPlan, emit: Emit): DhcpReply | undefined {
    const { mac, stage } = client
    if (refusal !== undefined) {
      emit({
        event: 'boot:refused',
        level: 'warn',
        mac,
        stage,
        ...(be && { be }),
        detail: { why: refusal.line },
      })
    } else if (handoff !== undefined) {
      emit({ event: 'boot:plan', mac, stage, ...(be && { be }), detail: { handoff, file: reply?.file } })
    }
    return reply
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
