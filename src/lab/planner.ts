import type { BootEnvironment } from '../be/be.ts'
import { refuseInstalling } from '../be/missing.ts'
import type { BeStore } from '../be/store.ts'
import type { BootPlan } from '../boot/boot-plan.ts'
import type { Client, Stage } from '../boot/client.ts'
import type { DhcpRequestFields } from '../boot/dhcp.ts'
import { openBelow } from '../boot/files/open-below.ts'
import { identify } from '../boot/identify.ts'
import { optionSpace } from '../boot/options/option-space.ts'
import { plan } from '../boot/plan.ts'
import type { LabFacts, PlanInput } from '../boot/plan-input.ts'
import { machineFile } from '../boot/texts/machine-file.ts'
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
import { ClientTable } from './client-table.ts'
import { Coalescer } from './coalesce.ts'

/** What a planner reads of its surroundings. */
export interface PlannerSources {
  settings: Settings
  /** The network as a machine with this address is told of it; without one, the lab. */
  lab(ip: string | undefined): LabFacts
  clock: Clock
  store: Pick<BeStore, 'get'>
  machine(mac: string): Machine | undefined
  assignment(mac: string): Assignment | undefined
  /** The token with which this machine's present boot is to report that it is up. */
  callBackToken?(mac: string): Promise<string>
  share(be: string): Share | undefined
  /** Asks mountd and nfsd for the root of a shared path, now. */
  fetchRoot(path: string): Promise<NfsRoot>
  /** The iPXE binaries that can be served, now. */
  ipxe(): Promise<PlanInput['ipxe']>
}

/** What planning reads of a boot environment. */
interface Tree {
  be: BootEnvironment
  /** Its own part of the kernel's command line. */
  cmdline: string
  /** It holds the script that reports that the system is up. */
  script: boolean
}

/** Where `be prepare` puts that script. */
const SCRIPT = 'usr/local/libexec/nbe-up'

/** How long (ms) an answer of the host is reused: for one stage of a boot, and for many machines that boot at once. */
const FRESH_MS = 2000
/**
 * How long (ms) a DHCP client waits for the NFS host. Firmware asks again after four seconds; by then it has an
 * address, and the log the reason why it has nothing to boot.
 */
const HOST_LIMIT_MS = 3000
/** Machines whose last stage is kept; the oldest are dropped first. */
const MAX_CLIENTS = 10_000

/**
 * Gathers what a plan depends on, and makes the plan. DHCP, TFTP, HTTP, `be explain` and `be emit` all use it, so that
 * they cannot disagree.
 */
export class Planner {
  readonly #from: PlannerSources
  readonly #seen = new ClientTable(MAX_CLIENTS)
  readonly #trees: Coalescer<Tree>
  readonly #roots: Coalescer<NfsRoot>
  readonly #ipxe: Coalescer<PlanInput['ipxe']>

  constructor(from: PlannerSources) {
    this.#from = from
    this.#trees = new Coalescer(from.clock, FRESH_MS)
    this.#roots = new Coalescer(from.clock, FRESH_MS)
    this.#ipxe = new Coalescer(from.clock, FRESH_MS)
  }

  /** The plan for a DHCP request, remembered as this machine's latest stage. */
  async answer(fields: DhcpRequestFields, ip: string | undefined): Promise<BootPlan> {
    const client = identify(fields, this.#seen.get(fields.mac))
    if (ip !== undefined) client.ip = ip
    this.#remember(client)
    return plan(await this.input(client, { limitMs: HOST_LIMIT_MS }))
  }

  async plan(client: Client): Promise<BootPlan> {
    return plan(await this.input(client))
  }

  /** A known client took this address from another DHCP server. */
  leasedElsewhere(mac: string, ip: string): void {
    const client = this.#seen.get(mac)
    if (client !== undefined) this.#remember({ ...client, ip })
  }

  /** Restores a client from a boot that an earlier service saw: later requests carry its address only. */
  restore({ mac, stages, addresses }: Pick<Boot, 'mac' | 'stages' | 'addresses'>): void {
    const [stage = 'firmware', ip] = [stages.at(-1) as Stage | undefined, addresses.at(-1)]
    this.#remember({ mac, stage, optionSpace: optionSpace(undefined), ...(ip !== undefined && { ip }) })
  }

  /** The latest request of the machine with this MAC or address. */
  clientOf(macOrIp: string): Client | undefined {
    return this.#seen.get(macOrIp) ?? this.#seen.at(macOrIp)
  }

  /**
   * Everything that the plan for `client` depends on; `be` in the place of what is assigned, if given. A host that does
   * not answer within `limitMs` is a problem like any other.
   */
  async input(client: Client, { be, limitMs }: { be?: string; limitMs?: number } = {}): Promise<PlanInput> {
    const { settings } = this.#from
    const machine = this.#from.machine(client.mac)
    const assigned = be === undefined ? this.#from.assignment(client.mac) : { be, rule: 'machine' as const }
    const ip = client.ip ?? machine?.ip
    const input: PlanInput = {
      client: { ...client, ip },
      mode: settings['dhcp.mode'] === 'authority' ? 'authority' : 'proxy',
      lab: this.#from.lab(ip),
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
    // A running system is told of its network alone: the host need not be asked.
    if (assigned === undefined || (client.stage === 'os' && be === undefined)) return input
    const ipxe = await this.#ipxe.get('', () => this.#from.ipxe())
    const boot = await this.#bootOf(assigned.be, input.cmdline, limitMs)
    const session = be === undefined ? await this.#from.callBackToken?.(client.mac) : undefined
    const { script, ...rest } = boot
    return {
      ...input,
      ipxe,
      ...rest,
      ...(boot.root && { root: this.#onSubnet(boot.root, input.lab) }),
      ...(session !== undefined && { callback: { url: callBackUrl(input.lab), session, script } }),
    }
  }

  /** Where this host is the NFS host, a machine on a further interface mounts from our address there. */
  #onSubnet(root: NfsRoot, lab: LabFacts): NfsRoot {
    return root.server === this.#from.lab(undefined).server ? { ...root, server: lab.server } : root
  }

  async #bootOf(
    name: string,
    cmdline: string,
    limitMs?: number,
  ): Promise<Partial<PlanInput> & { script?: boolean }> {
    let be: BootEnvironment | undefined
    try {
      const share = this.#from.share(name)
      const tree = await this.#tree(name)
      be = tree.be
      refuseInstalling(be)
      if (share === undefined) return { be, cmdline }
      const asked = this.#roots.get(share.path, () => this.#from.fetchRoot(share.path))
      const root = await (limitMs === undefined ? asked : this.#within(limitMs, asked, share.path))
      const both = [cmdline, tree.cmdline].filter(part => part !== '').join(' ')
      return { be, root, cmdline: both, readOnly: share.readOnly, script: tree.script }
    } catch (error) {
      const problem = error instanceof BeError ? error : new BeError('BE_HOST_FAILED', reason(error))
      return { be, problem }
    }
  }

  /** The answer, or BE_HOST_SLOW; a late answer is still used for the next request. */
  #within<T>(ms: number, asked: Promise<T>, path: string): Promise<T> {
    return new Promise((done, failed) => {
      const timer = this.#from.clock.timer(ms, () => failed(slow(path, ms)))
      asked.then(done, failed).finally(() => timer.cancel())
    })
  }

  #tree(name: string): Promise<Tree> {
    return this.#trees.get(name, async () => {
      const be = await this.#from.store.get(name)
      const cmdline = be.kind === 'linux' ? await ownCmdline(be) : ''
      return { be, cmdline, script: (await readInside(be.path, SCRIPT)) !== undefined }
    })
  }

  /** A virtual file of one machine: its iPXE script, its loader.conf.local; undefined when there is none. */
  async file(mac: string, path: string): Promise<Buffer | undefined> {
    if (path !== 'boot.ipxe' && path !== 'boot/loader.conf.local') return undefined
    const input = await this.input(
      this.#seen.get(mac) ?? { mac, stage: 'http', optionSpace: optionSpace(undefined) },
    )
    if (input.problem !== undefined) throw input.problem
    const text = machineFile(input, path)
    if (text === undefined) return undefined
    // Of two assignments in loader.conf the last wins: ours.
    const own = (path !== 'boot.ipxe' && input.be && (await readInside(input.be.path, path))) || ''
    const parted = own === '' || own.endsWith('\n') ? own : `${own}\n`
    return Buffer.from(parted + text)
  }

  /**
   * The path of a boot environment's tree, for the network to read; undefined when there is none, it is not shared, or
   * it is not mounted.
   */
  async pathOf(name: string): Promise<string | undefined> {
    if (this.#from.share(name) === undefined) return undefined
    const be = (await this.#tree(name).catch(() => undefined))?.be
    return be?.mounted === false ? undefined : be?.path
  }

  #remember(client: Client): void {
    // A loader and a running system do not send all that firmware sent before them.
    this.#seen.put({ ...this.#seen.get(client.mac), ...client })
  }
}

const slow = (path: string, ms: number): BeError =>
  new BeError('BE_HOST_SLOW', `the NFS host has not granted ${path} within ${ms / 1000} s`, {
    hint: 'is it hung, or does a packet filter stand between? be explain waits longer and says more',
  })

/** Bytes that are read of a boot environment's own file. */
const READ_LIMIT = 64 * 1024

/** The boot environment's own part of the kernel's command line: the first line of boot/cmdline. */
async function ownCmdline(be: BootEnvironment): Promise<string> {
  const text = await readInside(be.path, 'boot/cmdline')
  return (text ?? '').split('\n', 1).join('').trim()
}

/** The start of a regular file; undefined for anything else: a guest may have put a FIFO there. */
async function readInside(root: string, path: string): Promise<string | undefined> {
  const file = await openBelow(root, path, path).catch(() => undefined)
  try {
    return file && (await file.read(0, Math.min(file.size, READ_LIMIT))).toString('utf8')
  } finally {
    await file?.close()
  }
}
