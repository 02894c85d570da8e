import type { BootPlan } from '../boot/boot-plan.ts'
import { handleText } from '../boot/variables/variable.ts'
import type { SessionEvent } from '../session/event.ts'

/** What a plan comes to, as events: what was decided, and the root that goes with it. */
export function planEvents(plan: BootPlan): SessionEvent[] {
  const { client, be, root } = plan
  const about = { mac: client.mac, stage: client.stage, ...(be && { be }) }
  const events: SessionEvent[] = [{ ...about, ...decided(plan) }]
  const { callback } = plan
  if (callback !== undefined) events.push({ ...about, ...told(callback) })
  if (root !== undefined) {
    // MNT granted it just now, and this client is told of it.
    const detail = {
      root: `${root.server}:${root.path}`,
      handle: handleText(root.handle),
      udp: root.udp,
    }
    events.push({ event: 'nfs:mount', ...about, detail })
  }
  return events
}

/** Whether it will report that it is up; one that cannot be told how shows it in other ways. */
function told(callback: NonNullable<BootPlan['callback']>): SessionEvent {
  return 'leftOut' in callback
    ? { event: 'boot:no-call-back', detail: { why: callback.leftOut } }
    : { event: 'boot:call-back', level: 'debug', detail: { url: callback.url, script: callback.script } }
}

function decided({ client, refusal, handoff, reply, decisions, assignedBy }: BootPlan): SessionEvent {
  if (refusal !== undefined)
    return { event: 'boot:refused', level: 'warn', detail: { why: refusal.line, by: assignedBy } }
  if (handoff !== undefined)
    return { event: 'boot:plan', detail: { handoff, file: reply?.file, by: assignedBy } }
  const why = decisions.at(-1)?.value.replace(/^nothing: /, '')
  // Running systems renew their leases; what firmware is not given, people look for.
  return { event: 'boot:nothing', level: client.stage === 'os' ? 'debug' : 'info', detail: { why } }
}
