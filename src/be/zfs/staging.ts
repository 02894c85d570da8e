import { hostname } from 'node:os'
import { change, type Step } from '../../host/change.ts'
import { isAlive } from '../../host/daemon.ts'
import { randomHex } from '../../host/random.ts'
import { STAGING_PREFIX } from '../name.ts'
import type { DataSets } from './datasets.ts'
import { members } from './members.ts'
import { mountSteps, umountSteps } from './mount.ts'
import { MAKER_PROPERTY, type Zfs } from './zfs.ts'

/** The value of MAKER_PROPERTY for this process. */
export const thisProcess = (): string => `${hostname()}:${process.pid}`

/** Whether the process that a MAKER_PROPERTY names may still run: always true for another host's. */
export function mayBeAlive(maker: string): boolean {
  const [, host, pid] = /^(.*):(\d+)$/.exec(maker) ?? []
  return host !== hostname() || isAlive(Number(pid))
}

export const hiddenName = (prefix: string): string => prefix + randomHex(6)
export const isStagingName = (name: string): boolean => /^\.new-[0-9a-f]{12}$/.test(name)

/** Steps that create the data sets of a boot environment, its root named `staging` and with this mountpoint. */
export type CreateSteps = (staging: string, mountpoint: string) => Step[] | Promise<Step[]>

/**
 * The steps that make the boot environment `name`: those of `create` make its data sets under a hidden name, `fill`
 * writes into its tree there, and a rename makes it visible.
 */
export async function stagingSteps(
  dataSets: DataSets,
  name: string,
  create: CreateSteps,
  fill?: (tree: string) => Promise<void>,
): Promise<Step[]> {
  const { zfs, parent } = dataSets
  const hidden = hiddenName(STAGING_PREFIX)
  const staging = `${parent}/${hidden}`
  const path = await dataSets.path(hidden)
  const mountsAnywhere = await zfs.mountsAnywhere()
  const steps = await create(staging, mountsAnywhere ? '/' : path)
  if (fill !== undefined) steps.push(fillStep(zfs, staging, path, fill))
  if (!mountsAnywhere)
    steps.push(zfs.step(['zfs', 'set', `mountpoint=${await dataSets.path(name)}`, staging]))
  const set = `${parent}/${name}`
  steps.push(zfs.step(['zfs', 'rename', staging, set], ['zfs', 'rename', set, staging]))
  steps.push(zfs.step(['zfs', 'inherit', MAKER_PROPERTY, set]))
  return steps
}

const fillStep = (zfs: Zfs, staging: string, path: string, fill: (tree: string) => Promise<void>): Step => ({
  what: `mount ${staging} at ${path}, write into it, unmount it`,
  apply: async () => {
    const all = members(await zfs.list(staging), path)
    await change(await mountSteps(zfs, all, await zfs.mounts()))
    try {
      await fill(path)
    } finally {
      await change(await umountSteps(zfs, all, await zfs.mounts()))
    }
  },
})
