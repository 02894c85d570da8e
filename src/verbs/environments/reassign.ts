import type { Lab } from '../../lab/lab.ts'

/** Machines that boot `name` boot `to` from now on, or, without it, what they boot without an assignment. */
export function reassign(
  { assignments, database }: Pick<Lab, 'assignments' | 'database'>,
  name: string,
  to?: string,
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
