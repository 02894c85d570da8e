import type { BootEnvironment } from '../be/be.ts'
import { refuseInstalling } from '../be/missing.ts'
import type { BeStore } from '../be/store.ts'
import type { BootPlan } from '../boot/boot-plan.ts'
import { type Client, loadsByPlan, type Stage } from '../boot/client.ts'
import type { DhcpRequestFields } from '../boot/dhcp.ts'

import { identify } from '../boot/identify.ts'
import { optionSpace } from '../boot/options/option-space.ts'
import { plan } from '../boot/plan.ts'
import type { LabFacts, PlanInput } from '../boot/plan-input.ts'
import { MACHINE_FILES, machineFile } from '../boot/texts/machine-file.ts'
import { callBackUrl } from '../boot/variables/call-back.ts'
import { parseVariables } from '../boot/variables/variable.ts'
import { parseConditionalOptions } from '../config/conditional-options.ts'
import type { Settings } from '../config/schema.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { Assignment } from '../machines/assignment.ts'
import type { Machine } from '../machines/machine.ts'
import type { Clock } from '../net/net.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { Share } from '../nfs/share-list.ts'
import type { Boot } from '../session/boots.ts'
import { type BootTree, readBootTree, readInside } from './boot-tree.ts'
import { ClientTable } from './client-table.ts'
import { Coalescer } from './coalesce.ts'

/** What a planner gets its data from. */
export interface PlannerSources {
  settings: Settings
  /** Network parameters for a machine with this address; without one, those of the lab's subnet. */
  lab(ip: string | undefined): LabFacts
  clock: Clock
  store: Pick<BeStore, 'get'>
  machine(mac: string): Machine | undefined
  assignment(mac: string): Assignment | undefined
  /** The call-back token of this machine's present boot; undefined when `to`, if given, is not the machine's address. */
  callBackToken?(mac: string, to?: string): Promise<string | undefined>
  share(be: string): Share | undefined
  /** Asks mountd and nfsd for the root of a shared path. */
  fetchRoot(path: string): Promise<NfsRoot>
  /** The iPXE binaries that can be served. */
  ipxe(): Promise<PlanInput['ipxe']>
  /** The shims that can be served. */
  shim(): Promise<PlanInput['shim']>
}

interface InputOptions {
  be?: string
  limitMs?: number
  to?: string | undefined
}

/** How long (ms) a tree, a root or a list of binaries is reused: within a stage, and for machines that boot together. */
const FRESH_MS = 2000
/**
 * How long (ms) a DHCP client waits for the NFS host. Firmware repeats its request after 4 s; by then it has had an
 * address without a boot file, and the log has the reason.
 */
const HOST_LIMIT_MS = 3000
/**
 * Gathers what a plan depends on, and makes the plan. DHCP, TFTP, HTTP, `be explain` and `be emit` all use it, so that
 * they agree.
 */
export class Planner {
  readonly #sources: PlannerSources
  readonly #clients: ClientTable
  readonly #trees: Coalescer<BootTree>
  readonly #roots: Coalescer<NfsRoot>
  readonly #programs: Coalescer<Pick<PlanInput, 'ipxe' | 'shim'>>

  constructor(sources: PlannerSources) {
    this.#sources = sources
    this.#clients = new ClientTable(mac => this.#isKnown(mac))
    this.#trees = new Coalescer(sources.clock, FRESH_MS)
    this.#roots = new Coalescer(sources.clock, FRESH_MS)
    this.#programs = new Coalescer(sources.clock, FRESH_MS)
  }

  /**
   * The plan for a DHCP request, which is kept as this machine's latest; not that of a DHCPINFORM, whose address is what
   * its sender says (`informed`).
   */
  async answer(fields: DhcpRequestFields, ip: string | undefined, informed = false): Promise<BootPlan> {
    const client = identify(fields, this.#clients.get(fields.mac))
    if (ip !== undefined) client.ip = ip
    if (!informed) this.#remember(client)
    return plan(await this.input(client, { limitMs: HOST_LIMIT_MS, ...(informed && { to: ip }) }))
  }

  /** The plan for a client as it is given; nothing is kept of it. */
  async plan(client: Client): Promise<BootPlan> {
    return plan(await this.input(client))
  }

  /** Records that a known client took this address from another DHCP server. */
  leasedElsewhere(mac: string, ip: string): void {
    const client = this.#clients.get(mac)
    if (client !== undefined) this.#remember({ ...client, ip })
  }

  /** Restores a client from a boot that an earlier run of the service recorded: TFTP and HTTP requests have only its address. */
  restore({ mac, stages, addresses }: Pick<Boot, 'mac' | 'stages' | 'addresses'>): void {
    const [stage = 'firmware', ip] = [stages.at(-1) as Stage | undefined, addresses.at(-1)]
    this.#remember({ mac, stage, optionSpace: optionSpace(undefined), ...(ip !== undefined && { ip }) })
  }

  /** The latest request of the machine with this MAC or address. */
  clientOf(macOrIp: string): Client | undefined {
    return this.#clients.get(macOrIp) ?? this.#clients.at(macOrIp)
  }

  /**
   * Everything that the plan for `client` depends on, with `be` instead of the assigned boot environment, if given. What
   * keeps it from being booted becomes `problem`, as does an NFS host that does not answer within `limitMs`. `to`: the
   * address that asked, where that may be another host's, which then gets no call-back.
   */
  async input(client: Client, { be, limitMs, to }: InputOptions = {}): Promise<PlanInput> {
    const assigned =
      be === undefined ? this.#sources.assignment(client.mac) : { be, rule: 'machine' as const }
    const input = this.#networkInput(client, assigned)
    // Network parameters alone take no NFS host.
    if (assigned === undefined || (be === undefined && !loadsByPlan(client))) return input
    const programs = await this.#programs.get('', () => this.#findPrograms())
    const { script, root, ...boot } = await this.#bootInput(assigned.be, input.cmdline, limitMs)
    const session = be === undefined ? await this.#sources.callBackToken?.(client.mac, to) : undefined
    return {
      ...input,
      ...programs,
      ...boot,
      ...(root && { root: this.#onSubnet(root, input.lab) }),
      ...(session !== undefined && { callback: { url: callBackUrl(input.lab), session, script } }),
    }
  }

  /** The part of the input that comes from settings, inventory and network. */
  #networkInput(client: Client, assigned: Assignment | undefined): PlanInput {
    const { settings } = this.#sources
    const machine = this.#sources.machine(client.mac)
    const ip = client.ip ?? machine?.ip
    return {
      client: { ...client, ip },
      mode: settings['dhcp.mode'] === 'authority' ? 'authority' : 'proxy',
      lab: this.#sources.lab(ip),
      machine: machine && { name: machine.name, host: machine.host },
      assignedBy: assigned?.rule,
      readOnly: settings['nfs.readonly'],
      handoff: settings['boot.handoff'],
      nfsOptions: settings['nfs.options'],
      loaderVariables: parseVariables(settings['boot.loader']),
      cmdline: settings['boot.cmdline'],
      conditionalOptions: parseConditionalOptions(settings['dhcp.options']),
      ipxe: {},
    }
  }

  /** Where this host is the NFS host, a machine on a further interface mounts from our address there. */
  #onSubnet(root: NfsRoot, lab: LabFacts): NfsRoot {
    return root.server === this.#sources.lab(undefined).server ? { ...root, server: lab.server } : root
  }

  /** The part of the input that comes from the boot environment and its share. Never rejects: errors are its `problem`. */
  async #bootInput(
    name: string,
    cmdline: string,
    limitMs?: number,
  ): Promise<Partial<PlanInput> & { script?: boolean }> {
    let be: BootEnvironment | undefined
    try {
      const share = this.#sources.share(name)
      const tree = await this.#tree(name)
      be = tree.be
      refuseInstalling(be)
      if (share === undefined) return { be, cmdline }
      const { path, readOnly } = share
      const fetched = this.#roots.get(path, () => this.#sources.fetchRoot(path))
      const root = await (limitMs === undefined ? fetched : this.#within(limitMs, fetched, path))
      const both = [cmdline, tree.cmdline].filter(part => part !== '').join(' ')
      return { be, root, cmdline: both, readOnly, script: tree.script }
    } catch (error) {
      const problem = error instanceof BeError ? error : new BeError('BE_HOST_FAILED', reason(error))
      return { be, problem }
    }
  }

  /** Settles as `fetched` does, or rejects with BE_HOST_SLOW; a late root is still used for the next request. */
  #within<T>(ms: number, fetched: Promise<T>, path: string): Promise<T> {
    return new Promise((done, failed) => {
      const timer = this.#sources.clock.timer(ms, () => failed(slow(path, ms)))
      fetched.then(done, failed).finally(() => timer.cancel())
    })
  }

  async #findPrograms(): Promise<Pick<PlanInput, 'ipxe' | 'shim'>> {
    const [ipxe, shim] = await Promise.all([this.#sources.ipxe(), this.#sources.shim()])
    return { ipxe, shim }
  }

  #tree(name: string): Promise<BootTree> {
    return this.#trees.get(name, () => readBootTree(this.#sources.store, name))
  }

  /**
   * A virtual file of one machine: its iPXE script, grub.cfg, or loader.conf.local; undefined for any other. `to`: the
   * address that asked for it. Another host than the machine gets it without the call-back.
   */
  async file(mac: string, path: string, to: string): Promise<Buffer | undefined> {
    if (!MACHINE_FILES.includes(path)) return undefined
    const input = await this.input(
      this.#clients.get(mac) ?? { mac, stage: 'http', optionSpace: optionSpace(undefined) },
      { to },
    )
    if (input.problem !== undefined) throw input.problem
    const text = machineFile(input, path)
    if (text === undefined) return undefined
    // Of two assignments in loader.conf the last is effective: ours come last.
    const isConf = path === 'boot/loader.conf.local'
    const own = (isConf && input.be && (await readInside(input.be.path, path))) || ''
    const separator = own === '' || own.endsWith('\n') ? '' : '\n'
    return Buffer.from(own + separator + text)
  }

  /** The path of a boot environment whose files are served; undefined when it is unknown, not shared, or not mounted. */
  async pathOf(name: string): Promise<string | undefined> {
    if (this.#sources.share(name) === undefined) return undefined
    const be = (await this.#tree(name).catch(() => undefined))?.be
    return be?.mounted === false ? undefined : be?.path
  }

  /** False also where the state cannot be read. */
  #isKnown(mac: string): boolean {
    try {
      return this.#sources.machine(mac) !== undefined
    } catch {
      return false
    }
  }

  #remember(client: Client): void {
    // Merged: a loader and a running system send fewer options than the firmware before them.
    this.#clients.put({ ...this.#clients.get(client.mac), ...client })
  }
}

const slow = (path: string, ms: number): BeError =>
  new BeError('BE_HOST_SLOW', `the NFS host has not granted ${path} within ${ms / 1000} s`, {
    hint: 'is it hung, or does a packet filter stand between? be explain waits longer and says more',
  })
