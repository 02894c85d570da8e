import type { Machine } from '../../machines/machine.ts'
import type { WakeRecord } from '../../wol/wol.ts'
import { type StartLab, startMachine } from '../vms/start.ts'
import { type WakeLab, wakeMachine } from './wake.ts'

export interface SwitchOnInput {
  machine: Machine
  /** Name of its boot environment. */
  be: string
}

export type SwitchOnLab = StartLab & WakeLab

/**
 * Switches a machine on: a virtual one on this host, others by their power command, or else by a magic packet, whose
 * record is the result. Throws as startMachine and wakeMachine do.
 */
export async function switchOn(
  lab: SwitchOnLab,
  { machine, be }: SwitchOnInput,
): Promise<WakeRecord | undefined> {
  const { kind, hardware } = machine
  const isVirtual = kind !== undefined && kind !== 'metal'
  if (!isVirtual && hardware?.power === undefined) return wakeMachine(lab, { machine: machine.name })
  await startMachine(lab, isVirtual ? { machine, be } : { machine, be, launch: 'metal' })
  return undefined
}
