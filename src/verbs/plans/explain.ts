import type { Arch } from '../../be/be.ts'
import type { BootPlan } from '../../boot/boot-plan.ts'
import { optionName } from '../../dhcp/options/table.ts'
import { formatOption } from '../../dhcp/options/text.ts'
import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { type ClientKind, clientAs, knownClient, usualKind } from './client.ts'
import { addressOf } from './input.ts'

export interface ExplainInput {
  /** Name or MAC. */
  machine: string
  /** One of CLIENT_KINDS; default: as the machine asked in its last boot, as the inventory has it, or as the system in its boot environment needs it. */
  as?: string | undefined
}

export interface Explanation {
  /** For a person. */
  text: string
  /** For a program. */
  json: unknown
}

/** The reply that this machine would get now, and the rule behind each part. Throws BE_MACHINE_UNKNOWN, BE_EXPLAIN_AS. */
export async function explain(lab: ExplainLab, { machine, as }: ExplainInput): Promise<Explanation> {
  const mac = readMac(machine) ?? lab.inventory.find(machine).mac
  const usual = await usualClient(lab, mac)
  const client = clientAs(as ?? usual.kind, mac, usual.arch)
  const address = await addressOf(lab, mac)
  if (address !== undefined) client.ip = address
  const because = as === undefined ? usual.because : '--as'
  return explainPlan(await lab.planner.plan(client), { address: address ?? 'one of the pool', because })
}

type ExplainLab = Pick<Lab, 'inventory' | 'boots' | 'assignmentOf' | 'store' | 'stateDir' | 'planner'>

/** How the machine would ask, and how that is known. */
async function usualClient(
  lab: ExplainLab,
  mac: string,
): Promise<{ kind: ClientKind; arch?: Arch; because: string }> {
  const known = knownClient(lab, mac, lab.inventory.get(mac))
  const assigned = lab.assignmentOf(mac)?.be
  const be = assigned === undefined ? undefined : await lab.store.get(assigned).catch(() => undefined)
  const arch = known?.arch ?? be?.arch
  const rest = arch === undefined ? {} : { arch }
  if (
    known !== undefined &&
    known.kind !== 'bhyveload' &&
    known.kind !== 'xen-pvh' &&
    known.kind !== 'jail'
  ) {
    return { kind: known.kind, ...rest, because: known.because }
  }
  if (be === undefined) return { kind: 'uefi', ...rest, because: 'assumed: it has not been seen' }
  return { kind: usualKind(be), ...rest, because: `as ${be.name} needs it: it has not been seen` }
}

/** `address`: the one that the client would get, or words for it; `because`: how the kind of client is known. */
export function explainPlan(
  plan: BootPlan,
  { address, because }: { address: string; because: string },
): Explanation {
  const { client, machine, be, handoff, reply, decisions, refusal } = plan
  const options = (reply?.options ?? []).map(([code, value]) => ({
    code,
    name: optionName(code),
    value: formatOption(code, value),
  }))
  const json = {
    mac: client.mac,
    machine: machine ?? null,
    stage: client.stage,
    firmware: client.firmware ?? null,
    arch: client.arch ?? null,
    because,
    be: be ?? null,
    address,
    handoff: handoff ?? null,
    reply: reply === undefined ? null : { siaddr: reply.siaddr ?? null, file: reply.file ?? null, options },
    refused: refusal === undefined ? null : { code: refusal.code, message: refusal.line },
    decisions,
  }
  const announced = [client.firmware, client.arch].flatMap(word => word ?? []).join(' ')
  const lines = [
    `${machine ?? 'unknown machine'} ${client.mac} asks as ${client.stage}${announced && ` (${announced})`}: ${because}`,
    '',
    ...(reply === undefined ? ['no reply'] : ['reply', `  yiaddr  ${address}`]),
    ...(reply?.siaddr === undefined ? [] : [`  siaddr  ${reply.siaddr}`]),
    ...(reply?.file === undefined ? [] : [`  file    ${reply.file}`]),
    ...options.map(({ code, name, value }) => `  ${String(code).padEnd(3)} ${name}: ${value}`),
    '',
    'because',
    ...decisions.map(({ part, value, rule }) => `  ${part}: ${value}  [${rule}]`),
  ]
  return { text: `${lines.join('\n')}\n`, json }
}
