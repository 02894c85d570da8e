import { missingToBoot } from '../../be/missing.ts'
import { notShared } from '../../nfs/share-list.ts'
import type { Rule } from './rule.ts'

/**
 * The boot environment must contain what this firmware loads, and its path must be shared. Throws those of
 * missingToBoot, and BE_NOT_SHARED.
 */
export const bootable: Rule = {
  name: 'bootable',
  apply({ client, be, root }) {
    const missing = missingToBoot(be!, client.firmware ?? 'uefi', client.firmware && client.arch)
    // A loader on unknown firmware has been loaded already: a missing one is no obstacle.
    if (missing !== undefined && (client.firmware !== undefined || be!.kind === 'flat')) throw missing
    if (root === undefined) throw notShared(be!.name)
  },
}
