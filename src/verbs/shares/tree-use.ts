import type { Lab } from '../../lab/lab.ts'

/** Whether a boot environment is shared read-only, or would be if it were. */
export async function wouldBeReadOnly(rooms: Lab, name: string): Promise<boolean> {
  const share = rooms.shares.get(name)
  if (share !== undefined) return share.readOnly
  // A server that knows nothing else is ours: another host need not be asked, nor be up.
  const driver = rooms.settings['nfs.host'] === undefined ? await rooms.nfsDriver() : undefined
  return driver?.readOnly ?? rooms.settings['nfs.readonly']
}

/** Whether more than one machine may boot it: a read-only one is for many, unless it was given to one alone. */
export function isOfMany({ assignments }: Lab, name: string, readOnly: boolean): boolean {
  if (assignments.defaultBe() === name) return true
  const machines = assignments.machinesOf(name).length
  return readOnly ? machines !== 1 : machines > 1
}
