import type { Step } from '../../host/change.ts'
import type { Layout } from '../layout.ts'
import { thisProcess } from './staging.ts'
import { MAKER_PROPERTY, propertyOptions, type Zfs } from './zfs.ts'

/** A data set below the root of a boot environment, and the properties that it is created with. */
interface LayoutSet {
  inside: string
  canmount: 'noauto' | 'off'
  properties: readonly string[]
}

const set = (inside: string, ...properties: string[]): LayoutSet => ({
  inside,
  canmount: 'noauto',
  properties,
})
/** A data set that only has children: the files in its directory belong to the root. */
const container = (inside: string): LayoutSet => ({ inside, canmount: 'off', properties: [] })

/**
 * The layout of bsdinstall(8), all of it nested below the root: ZFSBOOT_DATASETS of
 * usr.sbin/bsdinstall/scripts/zfsboot. usr and var are only containers, as the base system must be in one file system.
 */
const FREEBSD: readonly LayoutSet[] = [
  set('tmp', 'exec=on', 'setuid=off'),
  container('usr'),
  set('usr/home'),
  set('usr/ports', 'setuid=off'),
  set('usr/src'),
  container('var'),
  set('var/audit', 'exec=off', 'setuid=off'),
  set('var/crash', 'exec=off', 'setuid=off'),
  set('var/log', 'exec=off', 'setuid=off'),
  set('var/mail', 'atime=on'),
  set('var/tmp', 'setuid=off'),
]

/**
 * The data sets of each layout, parents first. Linux has the root only: its package managers expect /usr and /var on the
 * same file system as /, and an initramfs mounts nothing else.
 */
const LAYOUT_SETS: Record<Layout, readonly LayoutSet[]> = { freebsd: FREEBSD, linux: [], flat: [] }

/** Steps that create an empty boot environment as the data set `staging`. */
export function layoutSteps(zfs: Zfs, staging: string, mountpoint: string, layout: Layout): Step[] {
  const root = ['canmount=noauto', `mountpoint=${mountpoint}`, `${MAKER_PROPERTY}=${thisProcess()}`]
  const create = (name: string, properties: string[]) => [
    'zfs',
    'create',
    ...propertyOptions(properties),
    name,
  ]
  return [
    zfs.step(create(staging, root), ['zfs', 'destroy', '-r', staging]),
    ...LAYOUT_SETS[layout].map(({ inside, canmount, properties }) =>
      zfs.step(create(`${staging}/${inside}`, [`canmount=${canmount}`, ...properties])),
    ),
  ]
}
