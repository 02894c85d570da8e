import type { BootPlan } from '../../boot/boot-plan.ts'
import type { Client } from '../../boot/client.ts'
import { optionSpace } from '../../boot/options/option-space.ts'
import { formatOption, optionName } from '../../dhcp/options.ts'
import { BeError } from '../../errors/errors.ts'

/** Whom `be explain --as` can play. */
export const CLIENT_KINDS = ['bios', 'uefi', 'ipxe', 'loader', 'http'] as const

const CLIENTS: Record<(typeof CLIENT_KINDS)[number], Partial<Client>> = {
  bios: { stage: 'firmware', firmware: 'bios', arch: 'amd64', optionSpace: optionSpace(1472) },
  uefi: { stage: 'firmware', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
  ipxe: { stage: 'ipxe', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
  loader: { stage: 'loader' },
  http: { stage: 'http', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
}

/** A client as the field's firmware shows itself. Throws BE_EXPLAIN_AS. */
export function clientAs(kind: string, mac: string): Client {
  if (!isKind(kind)) {
    throw new BeError('BE_EXPLAIN_AS', `--as ${kind}`, { expected: CLIENT_KINDS.join(', '), exit: 'usage' })
  }
  return { stage: 'firmware', optionSpace: optionSpace(undefined), ...CLIENTS[kind], mac }
}

const isKind = (kind: string): kind is keyof typeof CLIENTS => Object.hasOwn(CLIENTS, kind)

export interface Explanation {
  text: string
  json: unknown
}

/** A plan for people and for programs: the reply, and the rule behind each part. */
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
  const lines = [
    `${machine ?? 'unknown machine'} ${client.mac} asks as ${client.stage}${client.firmware ? ` (${client.firmware})` : ''}`,
    '',
    ...(reply === undefined ? ['no reply'] : ['reply']),
    ...(reply === undefined ? [] : [`  yiaddr  ${address}`]),
    ...(reply?.siaddr === undefined ? [] : [`  siaddr  ${reply.siaddr}`]),
    ...(reply?.file === undefined ? [] : [`  file    ${reply.file}`]),
    ...options.map(({ code, name, value }) => `  ${String(code).padEnd(3)} ${name}: ${value}`),
    '',
    'because',
    ...decisions.map(({ part, value, rule }) => `  ${part}: ${value}  [${rule}]`),
  ]
  return { text: `${lines.join('\n')}\n`, json }
}
