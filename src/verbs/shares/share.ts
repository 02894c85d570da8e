import { recordHandle } from '../../lab/handle-changes.ts'
import type { Lab } from '../../lab/lab.ts'
import type { NfsRoot } from '../../nfs/root.ts'
import { shareBes } from '../../nfs/share.ts'
import { beName } from '../environments/names.ts'
import { changeOptions, changingExports, type ExportsLab, shareContext } from './context.ts'
import { noteShares } from './notes.ts'
import { shareRequest } from './request.ts'
import { readOnlyFor } from './rights.ts'

export interface ShareInput {
  /** Names of boot environments. */
  names: readonly string[]
  /** Default: as each was shared before, or else nfs.readonly. */
  readOnly?: boolean
  /** Reload exports although a machine is between its loader and its kernel. */
  force?: boolean
}

export type ShareLab = ExportsLab & Pick<Lab, 'sessionLog'>

/**
 * Shares boot environments, all or none, with one reload of exports; resolves with their roots when mountd grants their
 * handles, with -n with undefined. Throws BE_UNKNOWN, BE_EXPORT_…, BE_NFS_… and what the driver throws.
 */
export async function shareEnvironments(
  lab: ShareLab,
  { names: texts, readOnly: wanted, force }: ShareInput,
): Promise<NfsRoot[] | undefined> {
  const names = uniqueNames(lab, texts)
  const driver = await lab.nfs.driver()
  const readOnly = readOnlyFor(driver, wanted)
  const all = names.length > 1 ? await lab.store.allFileSystems() : undefined
  const requests = await Promise.all(
    names.map(name => shareRequest(lab, { name, readOnly, fileSystems: all?.get(name) })),
  )
  await driver.check()
  const context = await shareContext(lab, force)
  const roots = await changingExports(lab, () => shareBes(context, requests, changeOptions(lab)))
  for (const root of roots ?? []) recordHandle(lab, root)
  if (roots !== undefined) await noteShares(lab, names)
  await lab.sessionLog.flush()
  return roots
}

/** Throws BE_NAME_INVALID. */
export const uniqueNames = (lab: Pick<Lab, 'settings'>, texts: readonly string[]): string[] => [
  ...new Set(texts.map(text => beName(lab, text))),
]
