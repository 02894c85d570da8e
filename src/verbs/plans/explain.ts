import type { BootPlan } from '../../boot/boot-plan.ts'
import { optionName } from '../../dhcp/options/table.ts'
import { formatOption } from '../../dhcp/options/text.ts'
import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { clientAs } from './client.ts'
import { addressOf } from './input.ts'

export interface ExplainInput {
  /** Name or MAC. */
  machine: string
  /** One of CLIENT_KINDS. */
  as: string
}

export interface Explanation {
  /** For a person. */
  text: string
  /** For a program. */
  json: unknown
}

/** The reply that this machine would get now, and the rule behind each part. Throws BE_MACHINE_UNKNOWN, BE_EXPLAIN_AS. */
export async function explain(
  lab: Pick<Lab, 'inventory' | 'stateDir' | 'planner'>,
  { machine, as }: ExplainInput,
): Promise<Explanation> {
  const mac = readMac(machine) ?? lab.inventory.find(machine).mac
  const client = clientAs(as, mac)
  const address = await addressOf(lab, mac)
  if (address !== undefined) client.ip = address
  return explainPlan(await lab.planner.plan(client), address ?? 'one of the pool')
}

/** `address`: the one that the client would get, or words for it. */
export function explainPlan(plan: BootPlan, address: string): Explanation {
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
    be: be ?? null,
    address,
    handoff: handoff ?? null,
    reply: reply === undefined ? null : { siaddr: reply.siaddr ?? null, file: reply.file ?? null, options },
    refused: refusal === undefined ? null : { code: refusal.code, message: refusal.line },
    decisions,
  }
  const firmware = client.firmware ? ` (${client.firmware})` : ''
  const lines = [
    `${machine ?? 'unknown machine'} ${client.mac} asks as ${client.stage}${firmware}`,
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
