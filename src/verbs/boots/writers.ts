import type { Lab } from '../../lab/lab.ts'
import { type ProgressLab, progressOf } from './progress.ts'

export type WritersLab = ProgressLab & Pick<Lab, 'shares'>

/** Every machine of the inventory, and every other that has booted, named by its MAC. */
export function everyMachine({
  inventory,
  boots,
}: Pick<Lab, 'inventory' | 'boots'>): { name: string; mac: string }[] {
  const known = inventory.list()
  const macs = new Set(known.map(({ mac }) => mac))
  const others = boots.all().filter(({ machine }) => !macs.has(machine))
  return [...known, ...others.map(({ machine: mac }) => ({ name: mac, mac }))]
}

/** Whether machines that boot it share a root that each of them can write to. */
const isWritable = ({ shares }: Pick<Lab, 'shares'>, be: string): boolean =>
  shares.get(be)?.readOnly === false

/** The machines that run a boot environment with a writable root now. */
export const runningWriters = (lab: WritersLab, be: string): string[] =>
  isWritable(lab, be)
    ? everyMachine(lab).flatMap(({ name, mac }) => (runsNow(lab, mac) === be ? [name] : []))
    : []

/** The same, with those of the inventory that are to boot it: once, by their own assignment, or as the default. */
export function writersOf(lab: WritersLab, be: string): string[] {
  if (!isWritable(lab, be)) return []
  const { assignments } = lab
  const next = lab.inventory
    .list()
    .filter(({ mac }) => [assignments.assignmentOf(mac), assignments.permanentAssignmentOf(mac)].some(is(be)))
  return [...new Set([...next.map(({ name }) => name), ...runningWriters(lab, be)])]
}

const is = (be: string) => (assignment?: { be: string }) => assignment?.be === be

/** What one machine runs; undefined when it is off or silent. */
function runsNow(lab: ProgressLab, mac: string): string | undefined {
  const { boot, life, off } = progressOf(lab, mac)
  return off === undefined && life?.state === 'up' ? boot?.be : undefined
}

/** Warns of machines that would overwrite each other's files: there is no lock that keeps them apart. */
export function warnOfWriters(
  lab: WritersLab & Pick<Lab, 'warn'>,
  be: string,
  machines: readonly string[],
): void {
  const all = new Set([...writersOf(lab, be), ...(isWritable(lab, be) ? machines : [])])
  if (all.size < 2) return
  lab.warn(
    `${[...all].join(', ')} write to one root, ${be}, and overwrite each other's files: ` +
      `share it read-only (be sharepxe --ro), or give each a clone (be clone)`,
  )
}
