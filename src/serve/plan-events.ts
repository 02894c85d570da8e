import type { BootPlan } from '../boot/boot-plan.ts'
import { loadsByPlan } from '../boot/client.ts'
import { handleText } from '../boot/variables/variable.ts'
import type { SessionEvent } from '../session/event.ts'

/** The events of a plan: its decision, its call-back, and the root that the reply hands over. */
export function planEvents(plan: BootPlan): SessionEvent[] {
  const { client, be, root } = plan
  const about = { mac: client.mac, stage: client.stage, ...(be && { be }) }
  const events: SessionEvent[] = [{ ...about, ...decisionEvent(plan) }]
  const { callback } = plan
  if (callback !== undefined) events.push({ ...about, ...callBackEvent(callback) })
  if (root !== undefined) {
    const detail = {
      root: `${root.server}:${root.path}`,
      handle: handleText(root.handle),
      udp: root.udp,
    }
    events.push({ event: 'nfs:handle', ...about, detail })
  }
  return events
}

/** Whether the plan asks the system to report that it is up. */
function callBackEvent(callback: NonNullable<BootPlan['callback']>): SessionEvent {
  return 'leftOut' in callback
    ? { event: 'boot:no-call-back', detail: { why: callback.leftOut } }
    : { event: 'boot:call-back', level: 'debug', detail: { url: callback.url, script: callback.script } }
}

function decisionEvent({ client, refusal, handoff, reply, decisions, assignedBy }: BootPlan): SessionEvent {
  const { firmware, arch } = client
  if (refusal !== undefined) {
    const detail = { why: refusal.line, by: assignedBy, firmware, arch }
    return { event: 'boot:refused', level: 'warn', detail }
  }
  if (handoff !== undefined) {
    return { event: 'boot:plan', detail: { handoff, file: reply?.file, by: assignedBy, firmware, arch } }
  }
  const why = decisions.at(-1)?.value.replace(/^nothing: /, '')
  // A running system causes it at each renewal of its lease.
  return { event: 'boot:nothing', level: loadsByPlan(client) ? 'info' : 'debug', detail: { why } }
}
