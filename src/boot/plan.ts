import type { BootEnvironment } from '../be/be.ts'
import { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { Client, DhcpReply } from './client.ts'
import type { Variable } from './environment.ts'
import type { OptionSet } from './option-set.ts'
import { NETWORK_RULES, RULES } from './rules.ts'

/**
 * The ways in which a loader can hand its root over to the kernel. `nfs`: the loader mounts by NFS over
 * UDP and passes its own handle on. `tftp`: it reads by TFTP, the handle comes in DHCP options. `http`:
 * it reads by HTTP, the handle comes in a virtual loader.conf.local. `arguments`: iPXE passes all of it
 * on the command line, of loader.efi or of a Linux kernel.
 */
export type Handoff = 'nfs' | 'tftp' | 'http' | 'arguments'

/** The network as machines are told of it. */
export interface LabFacts {
  /** Our address; TFTP and HTTP are there. */
  server: string
  netmask: string
  broadcast: string
  router?: string | undefined
  dns: readonly string[]
  domain?: string | undefined
  httpPort: number
}

/** Where a system reports that it is up, and the token of this one boot. */
export interface CallBack {
  url: string
  session: string
  /** The boot environment holds the script that reports. */
  script?: boolean
}

/** Everything that a plan depends on: a plan is a pure function of this. */
export interface PlanInput {
  client: Client
  mode: 'authority' | 'proxy'
  lab: LabFacts
  machine?: { name: string; host?: string | undefined } | undefined
  /** The boot environment that is assigned, as read off its tree, and by what it is. */
  be?: BootEnvironment | undefined
  assignedBy?: 'once' | 'machine' | 'default' | undefined
  /** What the NFS host said just now. */
  root?: NfsRoot | undefined
  readOnly: boolean
  /** Why an assigned boot environment cannot be had: it is gone, not shared, mountd is dead. */
  problem?: BeError | undefined
  /** The configured choice. */
  handoff: Handoff | 'auto'
  nfsOptions: string
  loaderVariables: readonly Variable[]
  cmdline: string
  callback?: CallBack | undefined
  /** The administrator's own options, in order. */
  optionSets?: readonly OptionSet[] | undefined
  /** iPXE binaries that we can serve, by what runs them; file names as a client asks for them. */
  ipxe: { bios?: string | undefined; amd64?: string | undefined; arm64?: string | undefined }
}

/** One thing that was decided, and by which rule. */
export interface Decision {
  part: string
  value: string
  rule: string
}

/** What this client gets now. */
export interface BootPlan {
  client: Client
  machine?: string | undefined
  be?: string | undefined
  assignedBy?: PlanInput['assignedBy']
  handoff?: Handoff
  /** The root that this very reply hands over; absent at stages that only load the next one. */
  root?: NfsRoot
  /** The call-back that this very reply hands over, or why it does not. */
  callback?: CallBack | { leftOut: string }
  /** Undefined: nothing is said to this client. */
  reply?: DhcpReply
  decisions: Decision[]
  /** Why this client cannot boot what it was assigned; the reply then holds its address alone. */
  refusal?: BeError
}

/** What the rules write into: the reply so far, and who decided what. */
export class Draft {
  readonly options: [code: number, value: Buffer][] = []
  readonly decisions: Decision[] = []
  siaddr: string | undefined
  file: string | undefined
  handoff: Handoff | undefined
  callback: BootPlan['callback']
  /** What FreeBSD's loader is told in options 246 to 254. */
  variables: Variable[] = []
  /** Set when the rules so far want nothing to be said. */
  silent = false
  rule = ''

  note(part: string, value: string): void {
    this.decisions.push({ part, value, rule: this.rule })
  }

  /** In place of what an earlier rule said: a code that came twice would be one long value (RFC 3396). */
  option(code: number, value: Buffer | string): void {
    const option: [number, Buffer] = [code, typeof value === 'string' ? Buffer.from(value) : value]
    const before = this.options.findIndex(([known]) => known === code)
    if (before < 0) this.options.push(option)
    else this.options[before] = option
  }
}

/**
 * Runs the rules in order until one stops. A rule that throws a BeError refuses the boot: what the
 * network needs stays in the reply, what would have booted goes.
 */
export function plan(input: PlanInput): BootPlan {
  const draft = new Draft()
  let refusal: BeError | undefined
  try {
    for (const rule of RULES) {
      draft.rule = rule.name
      if (rule.apply(input, draft) === 'stop') break
    }
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    refusal = error
    return {
      ...outline(input),
      decisions: [...draft.decisions, refused(draft.rule, error)],
      refusal,
      ...bare(input),
    }
  }
  return {
    ...outline(input),
    decisions: draft.decisions,
    ...(draft.handoff === undefined ? {} : { handoff: draft.handoff }),
    ...(handsOver(input, draft) ? { root: input.root! } : {}),
    ...(draft.callback === undefined ? {} : { callback: draft.callback }),
    ...(draft.silent ? {} : { reply: reply(draft) }),
  }
}

/** The loader's own stage, HTTP boot, which has no other, and iPXE where it passes arguments. */
const handsOver = ({ client: { stage } }: PlanInput, { handoff }: Draft): boolean =>
  handoff !== undefined &&
  (stage === 'loader' || stage === 'http' || (stage === 'ipxe' && handoff === 'arguments'))

const outline = ({ client, machine, be, assignedBy }: PlanInput) => ({
  client,
  machine: machine?.name,
  be: be?.name,
  assignedBy,
})

const refused = (rule: string, error: BeError): Decision => ({ part: 'refused', value: error.line, rule })

const reply = ({ siaddr, file, options }: Draft): DhcpReply => ({
  ...(siaddr === undefined ? {} : { siaddr }),
  ...(file === undefined ? {} : { file }),
  options,
})

/** The reply to a client that gets an address and nothing to boot; in proxy mode nothing is said. */
function bare(input: PlanInput): { reply?: DhcpReply } {
  if (input.mode === 'proxy') return {}
  const draft = new Draft()
  for (const rule of RULES.slice(0, NETWORK_RULES)) rule.apply(input, draft)
  return { reply: { ...reply(draft), refused: true } }
}
