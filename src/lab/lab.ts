import { fileURLToPath } from 'node:url'
import { DirectoryStore } from '../be/directory/store.ts'
import type { BeStore } from '../be/store.ts'
import { checkParent } from '../be/zfs/datasets.ts'
import { ZfsStore } from '../be/zfs/store.ts'
import type { LabFacts } from '../boot/plan.ts'
import { isHostIn, type Subnet } from '../config/lab.ts'
import { checkRouter, labSubnet } from '../config/resolve.ts'
import type { Settings } from '../config/schema.ts'
import { type OtherSubnet, otherSubnets } from '../config/subnets.ts'
import type { Host } from '../host/host.ts'
import { platformFacts } from '../host/platform.ts'
import { type Assignment, Assignments } from '../machines/assignment.ts'
import { Inventory } from '../machines/inventory.ts'
import { Recogniser } from '../machines/recogniser.ts'
import type { Clock, Network } from '../net/net.ts'
import { nodeClock, nodeNetwork } from '../net/node.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import { fetchRoot } from '../nfs/fetch-root.ts'
import type { NfsRoot } from '../nfs/root.ts'
import { isTransportError } from '../rpc/client/errors.ts'
import { makeBootKeeper } from '../serve/boots/make.ts'
import type { BootTracker, RecordedBoot } from '../serve/boots/tracker.ts'
import { notServing } from '../serve/embedded-nfs.ts'
import type { Emit } from '../session/event.ts'
import { SessionLog, type SessionLogOptions } from '../session/log.ts'
import type { SessionRecord } from '../session/record.ts'
import { BootTable } from '../state/boot-table.ts'
import { type Database, openDatabase, openDatabaseIfThere } from '../state/database.ts'
import { GuestCommandTable } from '../state/guest-command-table.ts'
import { type ShareRow, ShareStore } from '../state/share-store.ts'
import { recordHandle } from './handle-changes.ts'
import { findIpxe } from './ipxe-binaries.ts'
import { makeDriver, nfsServerOf, openNfsHost } from './nfs-driver.ts'
import { Planner } from './planner.ts'
import type { Effective } from './settings.ts'

/** What the appliance stands on; tests put simulated ones in. */
export interface LabOptions {
  network?: Network
  clock?: Clock
  /** Told what a person should know of a change. */
  say?: (line: string) => void
  /** Show what would be done, do nothing. */
  dryRun?: boolean
}

/** A boot writes some 4 KB: this and its predecessor hold thousands. */
const SESSION_LOG_BYTES = 16 << 20

/** As long as the token that a machine is told, for those who only ask what it would be told. */
const NO_SESSION = '-'.repeat(22)

/** The files that come with the program: `pxe/` of the checkout or of the installed package. */
const OWN_PXE = fileURLToPath(new URL('../../pxe', import.meta.url))

/**
 * The rooms put together, as the settings say. Nothing is opened before it is needed: `be wol` must work
 * where the state cannot be read.
 */
export class Lab {
  readonly settings: Settings
  readonly effective: Effective
  readonly network: Network
  readonly clock: Clock
  readonly say: (line: string) => void
  /** `-n`: nothing is changed, not even the state made. */
  readonly dryRun: boolean
  #database: Database | undefined
  #nfsHost: Promise<Host> | undefined
  #driver: Promise<NfsDriver> | undefined
  #lab: Subnet | undefined
  #recogniser: Recogniser | undefined
  #others: readonly OtherSubnet[] | undefined
  #planner: Planner | undefined
  #sessions: SessionLog | undefined
  #bootKeeper: BootTracker | undefined

  constructor(effective: Effective, { network, clock, say, dryRun }: LabOptions) {
    this.effective = effective
    this.settings = effective.settings
    this.network = network ?? nodeNetwork
    this.clock = clock ?? nodeClock
    this.say = say ?? (() => {})
    this.dryRun = dryRun ?? false
  }

  close(): void {
    void this.#nfsHost?.then(host => host.close()).catch(() => {}) // it never opened
    this.#nfsHost = undefined
    this.#driver = undefined
    this.#database?.close()
    this.#database = undefined
    this.#recogniser = undefined
  }

  get stateDir(): string {
    return this.settings['state.dir']!
  }

  get database(): Database {
    this.#database ??= (this.dryRun ? openDatabaseIfThere : openDatabase)(this.stateDir)
    return this.#database
  }

  get inventory(): Inventory {
    return new Inventory(this.database)
  }

  /** One for the life of the appliance: it remembers who was recognised. */
  get recogniser(): Recogniser {
    this.#recogniser ??= new Recogniser(this.inventory)
    return this.#recogniser
  }

  get assignments(): Assignments {
    return new Assignments(this.database)
  }

  get shares(): ShareStore {
    return new ShareStore(this.database)
  }

  /** What is known of each machine's present boot; written by `be serve` alone, but for when it was woken. */
  get boots(): BootTable<RecordedBoot> {
    return new BootTable(this.database)
  }

  get guestCommands(): GuestCommandTable {
    return new GuestCommandTable(this.database)
  }

  /** What is shared at the moment; the same list as long as that has not changed. */
  readonly sharesNow = (): readonly ShareRow[] => this.database.recall('shares', () => this.shares.all())

  /** Throws BE_STORE_PARENT. */
  get store(): BeStore {
    const { 'be.store': kind, 'be.root': root, 'be.parent': parent } = this.settings
    if (kind === 'directory') return new DirectoryStore(root)
    const show = this.dryRun ? (step: string) => this.say(`would ${step}`) : undefined
    return new ZfsStore({ parent: checkParent(parent), root, say: this.say, show })
  }

  /** The lab's subnet. Throws BE_LAB_AMBIGUOUS, BE_LAB_INTERFACE, BE_ROUTER. */
  get subnet(): Subnet {
    if (this.#lab === undefined) {
      const lab = labSubnet(this.effective)
      checkRouter(this.effective, lab)
      this.#lab = lab
    }
    return this.#lab
  }

  /** Networks besides the lab: behind relay agents, or on further interfaces. Throws BE_SUBNET, BE_POOL. */
  get otherSubnets(): readonly OtherSubnet[] {
    this.#others ??= otherSubnets(this.effective, this.subnet)
    return this.#others
  }

  /** This host's addresses that machines boot from, the lab's first. */
  get addresses(): string[] {
    return [this.subnet.address, ...this.otherSubnets.flatMap(({ server }) => server ?? [])]
  }

  /** The network as a machine with this address is told of it: the lab, unless it is on another. */
  labFacts(ip?: string): LabFacts {
    const away = ip === undefined ? undefined : this.otherSubnets.find(subnet => isHostIn(subnet, ip))
    const { netmask, broadcast } = away ?? this.subnet
    return {
      server: away?.server ?? this.subnet.address,
      netmask,
      broadcast,
      router: away === undefined ? this.settings['lab.router'] : away.router,
      dns: this.settings['lab.dns'],
      domain: this.settings['lab.domain'],
      httpPort: this.settings['http.port'],
    }
  }

  /** Directories of boot files: the admin's, ours, and where packages put iPXE. */
  get bootFileDirs(): string[] {
    return [this.settings['pxe.dir']!, OWN_PXE, ...platformFacts(this.effective.platform).ipxeDirs]
  }

  /** The computer whose NFS server is used. Rejects as openSshHost does. */
  nfsHost(): Promise<Host> {
    this.#nfsHost ??= openNfsHost(this.settings, this.effective.platform).catch(error => {
      this.#nfsHost = undefined // it may be there the next time
      throw error
    })
    return this.#nfsHost
  }

  /** Who exports here. Rejects as makeDriver does. */
  nfsDriver(): Promise<NfsDriver> {
    this.#driver ??= this.#makeDriver().catch(error => {
      this.#driver = undefined
      throw error
    })
    return this.#driver
  }

  async #makeDriver(): Promise<NfsDriver> {
    const { settings, network, clock, say: warn } = this
    return makeDriver({
      settings,
      network,
      clock,
      warn,
      host: await this.nfsHost(),
      address: this.subnet.address,
    })
  }

  /** Address that machines mount from. Throws BE_NFS_SERVER. */
  get nfsServer(): string {
    return nfsServerOf(this.settings) ?? this.subnet.address
  }

  /** One for the life of the appliance: it remembers who was seen at which stage. */
  get planner(): Planner {
    this.#planner ??= this.#makePlanner()
    return this.#planner
  }

  #makePlanner(): Planner {
    const { recogniser, shares } = this
    return new Planner({
      settings: this.settings,
      lab: ip => this.labFacts(ip),
      clock: this.clock,
      store: this.store,
      machine: mac => recogniser.machineOf({ mac }),
      assignment: mac => this.assignmentOf(mac),
      session: async mac => (await this.#bootKeeper?.token(mac)) ?? NO_SESSION,
      share: be => shares.get(be),
      fetchRoot: path => this.#fetchRoot(path),
      ipxe: () => findIpxe(this.bootFileDirs),
    })
  }

  /** What the machine with this interface boots; a boot that is under way goes on with what it has. */
  assignmentOf(mac: string): Assignment | undefined {
    const underWay = this.#bootKeeper?.underWay(mac)
    if (underWay !== undefined) return underWay
    return this.assignments.assignmentOf(this.recogniser.machineOf({ mac })?.mac ?? mac)
  }

  async #fetchRoot(path: string): Promise<NfsRoot> {
    const { nfsServer: server, subnet: lab, clock, say: warn } = this
    const asked = { server, path, localAddress: lab.address, clock, warn }
    const root = await fetchRoot(this.network, asked).catch(async error => {
      const isOwn = (await this.nfsDriver()).serve !== undefined && this.#bootKeeper === undefined
      throw isOwn && isTransportError(error) ? notServing(error) : error
    })
    recordHandle(this, root)
    return root
  }

  /** `be serve` alone follows boots; everyone else reads what it wrote. */
  keepBoots(emit: Emit, seesRoots: () => boolean): BootTracker {
    this.#bootKeeper = makeBootKeeper(this, emit, seesRoots)
    return this.#bootKeeper
  }

  /** `be serve` alone rotates: two that do could lose a file. */
  keepSessionLog(): void {
    // What running systems read and write all day would push the boots out.
    const keeps = ({ event, mac = '' }: SessionRecord) =>
      event !== 'nfs:traffic' || this.#bootKeeper?.isComing(mac) === true
    this.#sessions = this.#makeSessionLog({ rotateAt: SESSION_LOG_BYTES, keeps })
  }

  get sessionLog(): SessionLog {
    this.#sessions ??= this.#makeSessionLog({})
    return this.#sessions
  }

  #makeSessionLog(more: Pick<SessionLogOptions, 'rotateAt' | 'keeps'>): SessionLog {
    return new SessionLog({
      ...more,
      dir: this.stateDir,
      clock: this.clock,
      machineOf: mac => this.recogniser.machineOf({ mac })?.name,
      onError: this.say,
    })
  }
}
