import { fileURLToPath } from 'node:url'
import type { BootEnvironment } from '../be/be.ts'
import { DirectoryStore } from '../be/directory-store.ts'
import type { Layout } from '../be/layout.ts'
import { parseBeName } from '../be/name.ts'
import type { BeStore, Mounted } from '../be/store.ts'
import type { LabFacts } from '../boot/plan.ts'
import { isHostIn, type Subnet } from '../config/lab.ts'
import { checkRouter, labSubnet } from '../config/resolve.ts'
import type { Settings } from '../config/schema.ts'
import { type RelayedSubnet, relayedSubnets } from '../config/subnets.ts'
import { BeError } from '../errors.ts'
import type { ChangeOptions } from '../host/change.ts'
import { platformFacts } from '../host/platform.ts'
import { type Assignment, Assignments } from '../machines/assignment.ts'
import { Inventory } from '../machines/inventory.ts'
import { parseMac, readMac } from '../machines/mac.ts'
import type { Machine } from '../machines/machine.ts'
import { Recogniser } from '../machines/recogniser.ts'
import type { Clock, Network } from '../net/net.ts'
import { nodeClock, nodeNetwork } from '../net/node.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import type { NfsRoot } from '../nfs/facts.ts'
import { fetchRoot } from '../nfs/handle.ts'
import { shareId } from '../nfs/model.ts'
import { type ShareContext, type ShareRequest, shareBe, unshareBe } from '../nfs/share.ts'
import { follow } from '../session/follow.ts'
import { SessionLog, sessionsFile } from '../session/log.ts'
import { read } from '../session/read.ts'
import type { SessionRecord } from '../session/record.ts'
import { type Database, openDatabase } from '../state/database.ts'
import { ShareStore } from '../state/share-store.ts'
import { type Woken, wake } from '../wol/wol.ts'
import { launchText } from './emit.ts'
import { clientAs, type Explanation, explainPlan } from './explain.ts'
import { findIpxe } from './ipxe.ts'
import { leasedAddress } from './leased.ts'
import { makeDriver } from './nfs-driver.ts'
import { Planner } from './planner.ts'
import type { Effective } from './settings.ts'

/** What the appliance stands on; tests put simulated ones in. */
export interface Ground {
  network?: Network
  clock?: Clock
  /** Told what a person should know of a change. */
  say?: (line: string) => void
  /** Show what would be done, do nothing. */
  dryRun?: boolean
}

/** A boot environment as `be list` shows it. */
export interface Listed extends BootEnvironment {
  shared?: 'ro' | 'rw'
  uses: string[]
}

/** A boot writes some 4 KB: this and its predecessor hold thousands. */
const SESSION_LOG_BYTES = 16 << 20

/** The files that come with the program: `pxe/` of the checkout or of the installed package. */
const OWN_PXE = fileURLToPath(new URL('../../pxe', import.meta.url))

export const openAppliance = (effective: Effective, ground: Ground = {}): Appliance =>
  new Appliance(effective, ground)

/**
 * The rooms put together: what each verb of `be` does, and what the service is made of. Nothing is
 * opened before it is needed: `be wol` must work where the state cannot be read.
 */
export class Appliance {
  readonly settings: Settings
  readonly effective: Effective
  readonly network: Network
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly #dryRun: boolean
  #database: Database | undefined
  #driver: NfsDriver | undefined
  #lab: Subnet | undefined
  #recogniser: Recogniser | undefined
  #relayed: readonly RelayedSubnet[] | undefined
  #planner: Promise<Planner> | undefined
  #sessions: SessionLog | undefined

  constructor(effective: Effective, { network, clock, say, dryRun }: Ground) {
    this.effective = effective
    this.settings = effective.settings
    this.network = network ?? nodeNetwork
    this.clock = clock ?? nodeClock
    this.say = say ?? (() => {})
    this.#dryRun = dryRun ?? false
  }

  close(): void {
    this.#database?.close()
    this.#database = undefined
    this.#recogniser = undefined
  }

  // What the rooms hold

  get stateDir(): string {
    return this.settings['state.dir']!
  }

  get database(): Database {
    this.#database ??= openDatabase(this.stateDir)
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

  get store(): BeStore {
    return new DirectoryStore(this.settings['be.root'])
  }

  /** The lab's subnet. Throws BE_LAB_AMBIGUOUS, BE_LAB_INTERFACE, BE_ROUTER. */
  get lab(): Subnet {
    if (this.#lab === undefined) {
      const lab = labSubnet(this.effective)
      checkRouter(this.effective, lab)
      this.#lab = lab
    }
    return this.#lab
  }

  /** Networks behind relay agents. Throws BE_SUBNET, BE_POOL. */
  get relayed(): readonly RelayedSubnet[] {
    this.#relayed ??= relayedSubnets(this.effective, this.lab)
    return this.#relayed
  }

  /** The network as a machine with this address is told of it: the lab, unless it is behind a relay agent. */
  labFacts(ip?: string): LabFacts {
    const away = ip === undefined ? undefined : this.relayed.find(subnet => isHostIn(subnet, ip))
    const { netmask, broadcast } = away ?? this.lab
    return {
      server: this.lab.address,
      netmask,
      broadcast,
      router: away?.router ?? this.settings['lab.router'],
      dns: this.settings['lab.dns'],
      domain: this.settings['lab.domain'],
      httpPort: this.settings['http.port'],
    }
  }

  /** Directories of boot files: the admin's, ours, and where packages put iPXE. */
  get bootFileDirs(): string[] {
    return [this.settings['pxe.dir']!, OWN_PXE, ...platformFacts(this.effective.platform).ipxeDirs]
  }

  /** Who exports here. */
  get nfsDriver(): NfsDriver {
    this.#driver ??= makeDriver(
      this.settings,
      this.effective.platform,
      this.lab.address,
      this.network,
      this.clock,
    )
    return this.#driver
  }

  get #sharing(): ShareContext {
    return {
      driver: this.nfsDriver,
      store: this.shares,
      network: this.network,
      clock: this.clock,
      server: this.nfsServer,
      localAddress: this.lab.address,
      warn: this.say,
    }
  }

  /** Address that machines mount from. */
  get nfsServer(): string {
    return this.settings['nfs.server'] ?? this.lab.address
  }

  /** One for the life of the appliance: it remembers who was seen at which stage. */
  planner(): Promise<Planner> {
    this.#planner ??= this.#makePlanner()
    return this.#planner
  }

  async #makePlanner(): Promise<Planner> {
    const { recogniser, shares } = this
    return new Planner({
      settings: this.settings,
      lab: ip => this.labFacts(ip),
      clock: this.clock,
      store: this.store,
      machine: mac => recogniser.machineOf({ mac }),
      assignment: mac => this.assignmentOf(mac),
      share: be => shares.get(be),
      fetchRoot: path => this.#fetchRoot(path),
      ipxe: await findIpxe(this.bootFileDirs),
    })
  }

  /** What the machine with this interface boots. */
  assignmentOf(mac: string): Assignment | undefined {
    return this.assignments.assignmentOf(this.recogniser.machineOf({ mac })?.mac ?? mac)
  }

  #fetchRoot(path: string): Promise<NfsRoot> {
    const { nfsServer: server, lab, clock, say: warn } = this
    return fetchRoot(this.network, { server, path, localAddress: lab.address, clock, warn })
  }

  /** `be serve` alone rotates: two that do could lose a file. */
  keepSessionLog(): void {
    this.#sessions = this.#makeSessionLog({ rotateAt: SESSION_LOG_BYTES })
  }

  get sessionLog(): SessionLog {
    this.#sessions ??= this.#makeSessionLog({})
    return this.#sessions
  }

  #makeSessionLog(more: { rotateAt?: number }): SessionLog {
    return new SessionLog({
      ...more,
      dir: this.stateDir,
      clock: this.clock,
      machineOf: mac => this.recogniser.machineOf({ mac })?.name,
      onError: this.say,
    })
  }

  // Boot environments

  #name(text: string): string {
    return parseBeName(text, this.settings['be.parent'])
  }

  async create(text: string, layout: Layout): Promise<{ name: string; path: string }> {
    const name = this.#name(text)
    if (this.#dryRun) {
      const path = `${this.settings['be.root']}/${name}`
      this.say(`would create ${path} (${layout})`)
      return { name, path }
    }
    return this.store.create(name, layout)
  }

  async list(): Promise<Listed[]> {
    const { assignments, shares } = this
    return (await this.store.list()).map(be => {
      const share = shares.get(be.name)
      const uses = assignments.usesOf(be.name)
      return { ...be, ...(share && { shared: share.readOnly ? ('ro' as const) : ('rw' as const) }), uses }
    })
  }

  /** Takes its export back first: never the other way round. */
  async destroy(text: string, force: boolean): Promise<string> {
    const name = this.#name(text)
    const shared = this.shares.get(name) !== undefined
    const inUse = [...(shared ? ['shared'] : []), ...this.assignments.usesOf(name)]
    if (this.#dryRun) {
      const { path } = await this.store.get(name)
      this.say(`would destroy ${path}${inUse.length > 0 ? `, which is ${inUse.join(', ')}` : ''}`)
      return name
    }
    if (force && shared) await unshareBe(this.#sharing, name)
    await this.store.destroy(name, { force, inUse })
    for (const { name: machine } of this.assignments.machinesOf(name)) this.assignments.unassign(machine)
    if (this.assignments.defaultBe() === name) this.assignments.unassign()
    return name
  }

  mount(text: string): Promise<Mounted> {
    return this.store.mount(this.#name(text))
  }

  umount(text: string): Promise<Mounted> {
    return this.store.umount(this.#name(text))
  }

  // Shares and assignments

  /** Shares a boot environment; resolves when mountd hands out its handle. Undefined with -n. */
  async share(text: string, readOnly?: boolean): Promise<NfsRoot | undefined> {
    const request = await this.#shareRequest(this.#name(text), readOnly)
    await this.nfsDriver.check()
    return shareBe(this.#sharing, request, this.#change)
  }

  async #shareRequest(name: string, readOnly?: boolean): Promise<ShareRequest> {
    const { path } = await this.store.get(name)
    const networks = this.settings['nfs.network']
    return {
      be: name,
      path,
      clients: networks.length > 0 ? networks : [this.lab, ...this.relayed].map(({ cidr }) => cidr),
      maproot: this.settings['nfs.maproot'],
      readOnly: readOnly ?? this.shares.get(name)?.readOnly ?? this.settings['nfs.readonly'],
    }
  }

  get #change(): ChangeOptions {
    return { dryRun: this.#dryRun, ...(this.#dryRun && { say: line => this.say(`would ${line}`) }) }
  }

  async unshare(text: string): Promise<void> {
    const name = this.#name(text)
    const uses = this.assignments.usesOf(name)
    await unshareBe(this.#sharing, name, this.#change)
    if (uses.length > 0 && !this.#dryRun) {
      this.say(`${name} is still ${uses.join(', ')}: they cannot boot it before it is shared again`)
    }
  }

  /** Shares, verifies, and assigns: to these machines, or as the default. */
  async sharepxe(text: string, machines: readonly string[], readOnly?: boolean): Promise<{ be: string }> {
    const found = machines.map(machine => this.inventory.find(machine))
    await this.share(text, readOnly)
    return { be: this.#assign(text, found) }
  }

  /** Assigns, then wakes. What cannot boot is refused before anything is changed. */
  async bootpxe(text: string, machines: readonly string[]): Promise<{ be: string; woken: Woken[] }> {
    const name = this.#name(text)
    const found = machines.map(machine => this.inventory.find(machine))
    await this.store.get(name)
    if (this.shares.get(name) === undefined) {
      throw new BeError('BE_NOT_SHARED', `${name} is not shared`, {
        hint: `be sharepxe ${name} ${machines.join(' ')}`,
      })
    }
    this.#assign(text, found)
    const woken: Woken[] = []
    for (const machine of found) {
      const one = await this.wake(machine.name)
      if (one !== undefined) woken.push(one)
    }
    return { be: name, woken }
  }

  #assign(text: string, machines: readonly Machine[]): string {
    const name = this.#name(text)
    for (const { name: machine } of machines) {
      if (this.#dryRun) this.say(`would assign ${name} to ${machine}`)
      else this.assignments.assign(name, machine)
    }
    if (machines.length > 0) return name
    if (this.#dryRun) this.say(`would make ${name} the default`)
    else this.assignments.assign(name)
    return name
  }

  // Machines

  addMachine(given: Parameters<Inventory['add']>[0]): Machine {
    if (given.ip !== undefined) this.#checkAddress(given.ip)
    if (!this.#dryRun) return this.inventory.add(given)
    this.say(`would add ${given.name} (${parseMac(given.mac)})`)
    return { ...given, mac: parseMac(given.mac) } as Machine
  }

  /** An address outside the lab, or the server's own, would be a machine that can never boot. */
  #checkAddress(ip: string): void {
    const nets = [this.lab, ...this.relayed]
    const taken = ip === this.lab.address || ip === this.labFacts(ip).router
    if (!taken && nets.some(net => isHostIn(net, ip))) return
    throw new BeError('BE_MACHINE_IP', `${ip} cannot be a machine's address`, {
      expected: `a free address in ${nets.map(({ cidr }) => cidr).join(' or ')}${taken ? ": this one is the server's or the router's" : ''}`,
      exit: 'usage',
    })
  }

  machines(): (Machine & { be?: string; rule?: string })[] {
    const { assignments } = this
    return this.inventory.list().map(({ password: _, ...machine }) => ({
      ...machine,
      ...assignments.assignmentOf(machine.mac),
    }))
  }

  removeMachine(name: string): Machine {
    const machine = this.inventory.find(name)
    if (!this.#dryRun) return this.inventory.remove(name)
    this.say(`would remove ${machine.name} (${machine.mac})`)
    return machine
  }

  /** Wakes a machine by name, or any MAC. Undefined with -n. */
  async wake(nameOrMac: string, password?: string): Promise<Woken | undefined> {
    const mac = readMac(nameOrMac)
    const machine = mac === undefined ? this.inventory.find(nameOrMac) : this.#known(mac)
    const secret = password ?? machine?.password
    const options = {
      network: this.network,
      from: this.lab.address,
      broadcast: this.labFacts(machine?.ip).broadcast,
      mac: machine?.mac ?? mac!,
      ...(secret !== undefined && { password: secret }),
    }
    if (this.#dryRun) {
      this.say(`would send a magic packet for ${options.mac} to ${options.broadcast} and 255.255.255.255`)
      return undefined
    }
    const woken = await wake(options)
    const to = woken.sent.filter(({ error }) => error === undefined)
    const detail = { to: to.map(({ address, port }) => `${address}:${port}`).join(',') }
    this.sessionLog.emit({ event: 'wol:sent', mac: woken.mac, detail })
    await this.sessionLog.flush()
    return woken
  }

  /** A MAC can be woken whatever state the inventory is in. */
  #known(mac: string): Machine | undefined {
    try {
      return this.inventory.get(mac)
    } catch {
      return undefined
    }
  }

  // What would happen, what has happened

  async explain(nameOrMac: string, as: string): Promise<Explanation> {
    const mac = readMac(nameOrMac) ?? this.inventory.find(nameOrMac).mac
    const client = clientAs(as, mac)
    const address = await this.#addressOf(mac)
    if (address !== undefined) client.ip = address
    const plan = await (await this.planner()).plan(client)
    return explainPlan(plan, address ?? 'one of the pool')
  }

  async emit(kind: string, text: string, machine?: string): Promise<string> {
    const name = this.#name(text)
    if (kind === 'exports') {
      const id = shareId(name, this.shares.all())
      return this.nfsDriver.fragment({ ...(await this.#shareRequest(name)), id }).text
    }
    const mac = machine === undefined ? '' : (readMac(machine) ?? this.inventory.find(machine).mac)
    const ip = mac === '' ? undefined : await this.#addressOf(mac)
    const client = { ...clientAs('uefi', mac), ...(ip !== undefined && { ip }) }
    return launchText(kind, await (await this.planner()).input(client, name))
  }

  /** What a machine has: its reserved address, or the last that it leased. */
  async #addressOf(mac: string): Promise<string | undefined> {
    return this.inventory.get(mac)?.ip ?? (await leasedAddress(this.stateDir, mac))
  }

  sessions(
    machine: string | undefined,
    options: { follow?: boolean; last?: number },
  ): AsyncIterable<SessionRecord> {
    const file = sessionsFile(this.stateDir)
    const filter = machine === undefined ? {} : { machine: readMac(machine) ?? machine }
    const { last } = options
    return options.follow ? follow(file, { ...filter, last: last ?? 10 }) : read(file, { ...filter, last })
  }
}
