import type { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { Client } from './client.ts'
import type { DhcpReply } from './dhcp.ts'
import type { CallBack, Handoff, PlanInput } from './plan-input.ts'

/** One thing that was decided, and the rule that decided it; `be explain` shows them. */
export interface Decision {
  part: string
  value: string
  rule: string
}

/** The call-back that a reply hands over, or why there was no space for it. */
export type SentCallBack = CallBack | { leftOut: string }

/** What one client gets now. */
export interface BootPlan {
  client: Client
  machine?: string | undefined
  be?: string | undefined
  assignedBy?: PlanInput['assignedBy']
  handoff?: Handoff
  /** The root that this reply hands over; absent at stages that only load the next one. */
  root?: NfsRoot
  callback?: SentCallBack
  /** Undefined: no reply is sent. */
  reply?: DhcpReply
  decisions: Decision[]
  /** Why this client cannot boot what it was assigned; the reply then holds its network configuration alone. */
  refusal?: BeError
}
