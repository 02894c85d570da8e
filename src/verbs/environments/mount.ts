import { rmdir } from 'node:fs/promises'
import type { MountResult } from '../../be/store.ts'
import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { ShareLab } from '../shares/share.ts'
import { refuseRunning, type UsersLab, whileUnused } from '../trees/users.ts'
import { beName } from './names.ts'
import { whileUnshared } from './unshared.ts'

export interface MountInput {
  /** Name of the boot environment. */
  name: string
}

/** Mounts all file systems of a boot environment. Throws BE_UNKNOWN, BE_MOUNTED_ELSEWHERE and the errors of the store. */
export const mountEnvironment = (
  lab: Pick<Lab, 'settings' | 'store' | 'dryRun'>,
  { name }: MountInput,
): Promise<MountResult> => lab.store.mount(beName(lab, name), lab.dryRun)

export interface UmountInput {
  /** Name of the boot environment. */
  name: string
  /** Even if machines run it; if it is shared, unshare it first. */
  force: boolean
}

/**
 * Unmounts a boot environment. Throws BE_IN_USE while machines run it or it is shared, since its path would export a
 * directory of the host's own file system; BE_BUSY, BE_TREE_BUSY; and the errors of the store.
 */
export async function umountEnvironment(
  lab: ShareLab & UsersLab,
  { name: text, force }: UmountInput,
): Promise<MountResult> {
  const be = await lab.store.get(beName(lab, text))
  const { name } = be
  if (!force) await refuseRunning(lab, [name], `be umount -f ${name}`)
  const shared = lab.shares.get(name) !== undefined
  if (shared && !force) {
    throw new BeError('BE_IN_USE', `${name} is shared: its path would export the directory below`, {
      hint: `be unshare ${name} first, or be umount -f ${name}`,
    })
  }
  return whileUnused(lab, be, () => {
    if (!lab.dryRun) return whileUnshared(lab, { name, force }, () => lab.store.umount(name))
    if (shared) lab.say(`would unshare ${name}`)
    return lab.store.umount(name, true)
  })
}

type MountSharedLab = Pick<Lab, 'store' | 'shares' | 'dryRun' | 'warn'>

/**
 * `be mount -a`, as the host boots, before its NFS server starts: mounts all, and makes what that server would miss. Throws
 * BE_NOT_MOUNTED with those that could not be mounted, after all have been tried.
 */
export async function mountAllShared(lab: MountSharedLab & Pick<Lab, 'settings' | 'nfs'>): Promise<void> {
  const failed = await mountShared(lab)
  if (!lab.dryRun && lab.settings['nfs.host'] === undefined) {
    const prepared = lab.nfs.driver().then(driver => driver.prepareBoot?.())
    await prepared.catch((error: unknown) => lab.warn(reason(error)))
  }
  if (failed.length === 0) return
  throw new BeError('BE_NOT_MOUNTED', `shared, but not mounted: ${failed.join(', ')}`, {
    hint: 'be mount -a again, or be unshare',
  })
}

/**
 * Mounts all shared boot environments, as after a start of the host. Each that cannot be mounted is reported; resolves
 * with their names.
 */
export async function mountShared({ store, shares, dryRun, warn }: MountSharedLab): Promise<string[]> {
  const failed: string[] = []
  // One listing for all: mounted ones need no mount of their own. If it fails, each mount reports why.
  const known = await store.allFileSystems().catch(() => undefined)
  for (const { be: name, path } of shares.all()) {
    if (known?.get(name)?.every(({ mounted }) => mounted)) continue
    try {
      await store.mount(name, dryRun)
    } catch (error) {
      failed.push(name)
      warn(`cannot mount ${name}, which is shared: ${reason(error)}`)
      // mountd(8) would export its empty mount point, a directory of the host's own file system.
      if (!dryRun) await rmdir(path).catch(() => {})
    }
  }
  return failed
}
