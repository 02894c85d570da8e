import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { isActive, readState } from '../../launch/common/vm/state.ts'
import { startedHere } from '../vms/state.ts'

export type RunnersLab = Pick<Lab, 'shares' | 'boots' | 'inventory' | 'stateDir' | 'clock'>

/** A boot that was not heard of for so long (ms) before it was up has failed: firmware and loaders need seconds. */
const SILENCE_MS = 600_000

/** The machines that run a boot environment now, or are booting it, as far as the lab knows; sorted. */
export async function machinesRunning(lab: RunnersLab, name: string): Promise<string[]> {
  const booted = lab.boots.all().flatMap(({ machine, boot }) => {
    if (boot?.be !== name || boot.ownDisk !== undefined) return []
    const runs = boot.reached.up !== undefined || lab.clock.now() - boot.heard < SILENCE_MS
    return runs ? [lab.inventory.get(machine)?.name ?? machine] : []
  })
  const started = (await startedHere(lab)).map(async machine => {
    const state = await readState(vmFiles(lab.stateDir, machine))
    return state?.be === name && isActive(state) ? [machine] : []
  })
  return [...new Set([...booted, ...(await Promise.all(started)).flat()])].sort()
}

/**
 * Throws BE_BUSY while machines run a boot environment that is shared writable: its tree is not changed under them, nor
 * where they can change it meanwhile.
 */
export async function refuseWhileWritten(lab: RunnersLab, name: string): Promise<void> {
  if (lab.shares.get(name)?.readOnly !== false) return
  const machines = await machinesRunning(lab, name)
  if (machines.length === 0) return
  const [runs, them] = machines.length === 1 ? ['runs', 'it'] : ['run', 'them']
  throw new BeError('BE_BUSY', `${name} is shared writable, and ${machines.join(', ')} ${runs} it`, {
    hint: `stop ${them} first, or use --force`,
  })
}
