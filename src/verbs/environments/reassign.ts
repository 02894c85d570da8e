import type { Lab } from '../../lab/lab.ts'

export interface ReassignInput {
  /** Name of the boot environment that is renamed or destroyed. */
  name: string
  /** Its new name; absent: it is destroyed. */
  to?: string
}

/** Changes all assignments of a boot environment to its new name, or removes them. */
export function reassign(
  { assignments, database }: Pick<Lab, 'assignments' | 'database'>,
  { name, to }: ReassignInput,
): void {
  const machines = assignments.machinesOf(name).map(machine => machine.name)
  const targets = [...machines, ...(assignments.defaultBe() === name ? [undefined] : [])]
  database.transaction(() => {
    for (const machine of targets) {
      if (to === undefined) assignments.unassign(machine)
      else assignments.assign(to, machine)
    }
    assignments.renameOnce(name, to)
  })
}
