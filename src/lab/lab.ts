import { DirectoryStore } from '../be/directory/store.ts'
import type { BeStore } from '../be/store.ts'
import { checkParent } from '../be/zfs/datasets.ts'
import { ZfsStore } from '../be/zfs/store.ts'
import type { Settings } from '../config/schema.ts'
import { BeError } from '../errors/errors.ts'
import { packageFile } from '../host/package.ts'
import { platformFacts } from '../host/platform.ts'
import { type Run, run as runHere } from '../host/run.ts'
import { type Assignment, Assignments } from '../machines/assignment.ts'
import { Inventory } from '../machines/inventory.ts'
import { MachineMatcher } from '../machines/matcher.ts'
import type { Clock, Network } from '../net/net.ts'
import { nodeClock, nodeNetwork } from '../net/node.ts'
import type { NfsRoot } from '../nfs/root.ts'
import { SessionLog, type SessionLogOptions } from '../session/log.ts'
import { storedBoot } from '../session/stored-boot.ts'
import { BootTable } from '../state/boot-table.ts'
import { type Database, openDatabase, openDatabaseIfThere, type StateReaders } from '../state/database.ts'
import { GuestCommandTable } from '../state/guest-command-table.ts'
import { type ShareRow, ShareTable } from '../state/share-table.ts'
import { recordHandle } from './handle-changes.ts'
import { findIpxe } from './ipxe-binaries.ts'
import { type NfsAccess, nfsAccess } from './nfs.ts'
import { Planner } from './planner.ts'
import type { PresentBoots, RecordedBoot } from './present-boots.ts'
import type { Effective } from './settings.ts'
import { fetchSharedRoot } from './shared-root.ts'
import { findShim } from './shim-chain.ts'
import { stateReaders } from './state-readers.ts'
import { LabSubnets } from './subnets.ts'

/** What a lab uses of its host. Each part has a default; tests replace them with simulated ones. */
export interface LabOptions {
  network?: Network
  clock?: Clock
  /** Shows a message to the user. */
  say?: (line: string) => void
  /** `-n`: show what would be done, change nothing. */
  dryRun?: boolean
  nfs?: NfsAccess
  /** Runs programs of this host; default: none where the network is simulated. */
  run?: Run
}

type ServiceLogOptions = Pick<SessionLogOptions, 'rotateAt' | 'admits' | 'print' | 'keeps'>

/** A placeholder of a token's length, for plans that are shown, not sent. */
const NO_TOKEN = '-'.repeat(22)

const runNothing: Run = async ([program]) => {
  throw new BeError('BE_PROGRAM_MISSING', `${program} is not run: the network is simulated`)
}

/** The files that come with the program: `pxe/` of the checkout or of the installed package. */
const OWN_PXE = packageFile('pxe')

/**
 * What verbs and the service work with, as the settings describe it. Each part is made on first use, since `be wol`
 * must work where the state cannot be read.
 */
export class Lab {
  readonly effective: Effective
  readonly settings: Settings
  readonly network: Network
  readonly clock: Clock
  readonly say: (line: string) => void
  /** Shows what the user should know, but what keeps nothing from being done. */
  readonly warn = (line: string): void => this.say(`warning: ${line}`)
  /** `-n`: nothing is changed, and the state is not created either. */
  readonly dryRun: boolean
  readonly subnets: LabSubnets
  readonly run: Run
  readonly nfs: NfsAccess
  /** Set by the service while it runs. */
  presentBoots: PresentBoots | undefined
  #database: Database | undefined
  #knownReaders: StateReaders | undefined
  #machineMatcher: MachineMatcher | undefined
  #planner: Planner | undefined
  #sessionLog: SessionLog | undefined

  constructor(effective: Effective, { network, clock, say, dryRun, nfs, run }: LabOptions = {}) {
    this.effective = effective
    this.settings = effective.settings
    this.network = network ?? nodeNetwork
    this.clock = clock ?? nodeClock
    this.say = say ?? (() => {})
    this.dryRun = dryRun ?? false
    this.run = run ?? (network === undefined ? runHere : runNothing)
    this.subnets = new LabSubnets(effective)
    const parts = { effective, subnets: this.subnets, network: this.network, clock: this.clock }
    this.nfs = nfs ?? nfsAccess({ ...parts, warn: this.warn })
  }

  close(): void {
    this.nfs.close()
    this.#database?.close()
    this.#database = undefined
    this.#machineMatcher = undefined
  }

  get stateDir(): string {
    return this.settings['state.dir']!
  }

  /** Who may read the state and the boot environments. Throws BE_STATE_GROUP. */
  get #readers(): StateReaders {
    if (this.#knownReaders === undefined) {
      const { 'state.group': group, 'be.root': root, 'pxe.dir': pxe } = this.settings
      this.#knownReaders = { ...stateReaders(group), except: [root, pxe!] }
    }
    return this.#knownReaders
  }

  get database(): Database {
    this.#database ??= (this.dryRun ? openDatabaseIfThere : openDatabase)(this.stateDir, this.#readers)
    return this.#database
  }

  /** Whether this user may read the state only. Throws as openDatabase does. */
  get mayOnlyRead(): boolean {
    return this.database.readOnly
  }

  get inventory(): Inventory {
    return new Inventory(this.database)
  }

  /** One for the life of the lab: it caches which interfaces belong to which machine. */
  get machineMatcher(): MachineMatcher {
    this.#machineMatcher ??= new MachineMatcher(this.inventory)
    return this.#machineMatcher
  }

  get assignments(): Assignments {
    return new Assignments(this.database)
  }

  get shares(): ShareTable {
    return new ShareTable(this.database)
  }

  /** All shares; the same array until they change. */
  readonly sharesNow = (): readonly ShareRow[] => this.database.cached('shares', () => this.shares.all())

  /** Each machine's present boot, written by the service alone, and when the machine was switched on. */
  get boots(): BootTable<RecordedBoot> {
    return new BootTable(this.database, storedBoot<RecordedBoot>)
  }

  get guestCommands(): GuestCommandTable {
    return new GuestCommandTable(this.database)
  }

  /** The boot environments. Throws BE_STORE_PARENT. */
  get store(): BeStore {
    const { 'be.store': kind, 'be.root': root, 'be.parent': parent } = this.settings
    const readers = this.#readers.group?.gid
    if (kind === 'directory') return new DirectoryStore(root, readers)
    const show = this.dryRun ? (step: string) => this.say(`would ${step}`) : undefined
    return new ZfsStore({ parent: checkParent(parent), root, readers, warn: this.warn, show })
  }

  /** Directories of boot files: the admin's, ours, and where packages put iPXE. */
  get bootFileDirs(): string[] {
    return [this.settings['pxe.dir']!, OWN_PXE, ...platformFacts(this.effective.platform).ipxeDirs]
  }

  /** The assignment of the machine with this interface; a boot that is under way keeps the one that it began with. */
  assignmentOf(mac: string): Assignment | undefined {
    const underWay = this.presentBoots?.underWay(mac)
    if (underWay !== undefined) return underWay
    return this.assignments.assignmentOf(this.machineMatcher.machineOf({ mac })?.mac ?? mac)
  }

  /** One for the life of the lab: it keeps the last request of each machine. */
  get planner(): Planner {
    this.#planner ??= this.#makePlanner()
    return this.#planner
  }

  #makePlanner(): Planner {
    const { machineMatcher, shares } = this
    return new Planner({
      settings: this.settings,
      lab: ip => this.subnets.factsFor(ip),
      clock: this.clock,
      store: this.store,
      machine: mac => machineMatcher.machineOf({ mac }),
      assignment: mac => this.assignmentOf(mac),
      callBackToken: async (mac, to) =>
        this.presentBoots === undefined ? NO_TOKEN : this.presentBoots.token(mac, to),
      share: be => shares.get(be),
      fetchRoot: path => this.#fetchRoot(path),
      ipxe: () => findIpxe(this.bootFileDirs),
      shim: () => findShim(this.settings['pxe.dir']!),
    })
  }

  async #fetchRoot(path: string): Promise<NfsRoot> {
    const { network, clock, nfs, subnets, warn } = this
    const serves = this.presentBoots !== undefined
    const root = await fetchSharedRoot({ network, clock, nfs, subnets, warn, serves }, path)
    recordHandle(this, root)
    return root
  }

  get sessionLog(): SessionLog {
    this.#sessionLog ??= this.#makeSessionLog({})
    return this.#sessionLog
  }

  /** Turns on the rotation of the session log, which only one process may do: the service. */
  rotateSessionLog(options: ServiceLogOptions): void {
    this.#sessionLog = this.#makeSessionLog(options)
  }

  #makeSessionLog(options: ServiceLogOptions): SessionLog {
    return new SessionLog({
      ...options,
      dir: this.stateDir,
      clock: this.clock,
      machineOf: mac => this.machineMatcher.machineOf({ mac })?.name,
      onError: this.warn,
    })
  }
}
