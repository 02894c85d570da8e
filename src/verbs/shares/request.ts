import { refuseInstalling } from '../../be/missing.ts'
import type { BeFileSystem } from '../../be/store.ts'
import { inspect } from '../../be/system/inspect.ts'
import type { Lab } from '../../lab/lab.ts'
import type { ShareRequest } from '../../nfs/share-list.ts'
import { notMounted } from '../../nfs/share-path.ts'

export interface ShareRequestInput {
  /** Name of the boot environment. */
  name: string
  /** Default: as it is shared, or else nfs.readonly. */
  readOnly?: boolean
  /** Its file systems, if they have been listed already. */
  fileSystems?: readonly BeFileSystem[]
}

/**
 * What is to be exported of a boot environment: its root, each file system below it, to which clients, with which rights.
 * Throws BE_UNKNOWN, BE_EXPORT_NOT_MOUNTED, BE_INSTALLING.
 */
export async function shareRequest(
  { settings, subnets, shares, store }: Pick<Lab, 'settings' | 'subnets' | 'shares' | 'store'>,
  { name, readOnly, fileSystems: listed }: ShareRequestInput,
): Promise<ShareRequest> {
  // Read here, so that settings of the lab that are wrong are an error with nfs.network, too.
  const { lab, others } = subnets
  const fileSystems = listed ?? (await store.fileSystems(name))
  const missing = fileSystems.find(({ mounted }) => !mounted)
  if (missing !== undefined) throw notMounted(name, missing.path)
  const [{ path }, ...children] = fileSystems as [BeFileSystem, ...BeFileSystem[]]
  refuseInstalling(await inspect(name, path))
  const networks = settings['nfs.network']
  return {
    be: name,
    path,
    clients: networks.length > 0 ? networks : [lab, ...others].map(({ cidr }) => cidr),
    maproot: settings['nfs.maproot'],
    readOnly: readOnly ?? shares.get(name)?.readOnly ?? settings['nfs.readonly'],
    children: children.map(child => child.path),
  }
}
