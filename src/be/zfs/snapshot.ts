import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { Snapshot } from '../store.ts'
import { existsError } from '../store-errors.ts'
import type { BeDataSets } from './datasets.ts'
import type { DataSet, Zfs } from './zfs.ts'

/** `2026-11-22-10:11:12` (UTC), as bectl(8) names snapshots. */
export const timeTag = (now = new Date()): string => now.toISOString().slice(0, 19).replace('T', '-')

/** The step that takes a snapshot of a data set and its descendants at one moment. Throws BE_NAME_INVALID, BE_EXISTS. */
export async function snapshotStep(
  zfs: Zfs,
  root: DataSet,
  tag = timeTag(),
): Promise<{ step: Step; tag: string }> {
  const full = `${root.name}@${tag}`
  if (!/^[A-Za-z0-9_.:-]+$/.test(tag) || full.length > 255) {
    throw new BeError('BE_NAME_INVALID', `${JSON.stringify(tag)} names no snapshot`, {
      expected: 'letters, digits, _ . : and -; 255 of them with the name of the data set',
    })
  }
  const there = (await zfs.snapshots(root.name)).find(({ name }) => name.endsWith(`@${tag}`))
  if (there !== undefined) throw existsError(tag, there.name)
  return { step: zfs.step(['zfs', 'snapshot', '-r', full]), tag }
}

/** The snapshots of the roots of these BEs, which are at or below `top`: by BE, oldest first. */
export async function snapshotsOf(
  zfs: Zfs,
  top: string,
  all: ReadonlyMap<string, BeDataSets>,
): Promise<Snapshot[]> {
  const names = (await zfs.snapshots(top)).map(({ name }) => name)
  const bySet = Map.groupBy(names, name => name.split('@')[0])
  const own = [...all].map(([be, [root]]) => [be, bySet.get(root.name) ?? []] as const)
  const numbers = await zfs.numbers(
    own.flatMap(([, names]) => names),
    ['used', 'creation'],
  )
  return own.flatMap(([be, names]) =>
    names
      .flatMap(name => {
        const found = numbers.get(name)
        if (found === undefined) return []
        const created = new Date(found.creation * 1000)
        return [{ name: be + name.slice(name.indexOf('@')), used: found.used, created }]
      })
      .sort((a, b) => a.created.getTime() - b.created.getTime()),
  )
}
