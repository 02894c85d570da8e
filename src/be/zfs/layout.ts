import type { Layout } from '../layout.ts'

/** A data set below the root of a boot environment, and what is set on it. */
export interface LayoutSet {
  inside: string
  canmount: 'noauto' | 'off'
  properties: readonly string[]
}

const set = (inside: string, ...properties: string[]): LayoutSet => ({
  inside,
  canmount: 'noauto',
  properties,
})
/** There to have children: what lies in it belongs to the root. */
const container = (inside: string): LayoutSet => ({ inside, canmount: 'off', properties: [] })

/**
 * A nested boot environment as bsdinstall(8) lays a system out: ZFSBOOT_DATASETS of
 * usr.sbin/bsdinstall/scripts/zfsboot, all of it below the root. The base system must lie in one file system:
 * usr and var are bare.
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
 * The data sets of each layout, parents first. Linux has but one: its package managers take /usr and /var for
 * one piece with /, and an initramfs mounts the root alone.
 */
export const LAYOUT_SETS: Record<Layout, readonly LayoutSet[]> = { freebsd: FREEBSD, linux: [], flat: [] }
