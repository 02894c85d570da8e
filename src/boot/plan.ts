import { BeError } from '../errors/errors.ts'
import type { BootPlan, Decision } from './boot-plan.ts'
import type { DhcpReply } from './dhcp.ts'
import { Draft } from './draft.ts'
import type { PlanInput } from './plan-input.ts'
import { NETWORK_RULES, RULES } from './rules/index.ts'

/**
 * Runs the rules in order until one stops. A rule that throws a BeError refuses the boot: the reply then holds
 * the network configuration alone.
 */
export function plan(input: PlanInput): BootPlan {
  const draft = new Draft()
  try {
    for (const rule of RULES) {
      draft.rule = rule.name
      if (rule.apply(input, draft) === 'stop') break
    }
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    return {
      ...outline(input),
      decisions: [...draft.decisions, refused(draft.rule, error)],
      refusal: error,
      ...networkReply(input),
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

/** Whether this reply hands the root over: to a loader, to HTTP firmware, to iPXE where it passes arguments, or to a text. */
const handsOver = ({ client: { stage } }: PlanInput, { handoff, text }: Draft): boolean =>
  handoff !== undefined &&
  (text !== undefined ||
    stage === 'loader' ||
    stage === 'http' ||
    (stage === 'ipxe' && handoff === 'arguments'))

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

/** The reply to a client whose boot is refused: its network configuration; none in proxy mode. */
function networkReply(input: PlanInput): { reply?: DhcpReply } {
  if (input.mode === 'proxy') return {}
  const draft = new Draft()
  for (const rule of NETWORK_RULES) rule.apply(input, draft)
  return { reply: { ...reply(draft), refused: true } }
}
