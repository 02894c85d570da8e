import type { FindingCode } from '../../errors/codes/index.ts'
import type { BootEnvironment } from '../be.ts'
import type { BeFileSystem } from '../store.ts'

/** Ways to start a boot environment, as a check tells them apart. */
export const CHECKED_CLIENTS = ['uefi', 'bios', 'http', 'bhyveload', 'jail', 'xen-pvh'] as const
export type CheckedClient = (typeof CHECKED_CLIENTS)[number]

/** The clients whose root is on NFS. */
export const ON_NFS: readonly CheckedClient[] = CHECKED_CLIENTS.filter(client => client !== 'jail')

/** A problem that a check found. */
export interface Finding {
  /** Stable, like an error code. */
  code: FindingCode
  /** The clients that cannot boot because of it; empty: a warning. */
  stops: readonly CheckedClient[]
  message: string
  /** What to do. */
  hint: string
}

/** The input of a check; texts are those of files in the tree. */
export interface Checked {
  be: BootEnvironment
  fileSystems: readonly BeFileSystem[]
  share?: { path: string; children?: readonly { path: string }[] | undefined } | undefined
  /** Address that machines mount from. */
  server: string
  readOnly: boolean
  nfsOptions: string
  fstab: string | undefined
  /** rc.conf and rc.conf.local, in this order. */
  rc: string
  loaderConf: string
  /** interfaces(5), with what is in interfaces.d. */
  interfaces: string
  /** The machines that boot it or run it, where its root is shared read-write. */
  writers: readonly string[]
  /** Path of a hostid or machine-id that all machines which boot the tree would share. */
  sharedId: string | undefined
  /** Private host keys of sshd(8) in etc/ssh. */
  hostKeys: readonly string[]
  /** Several machines boot it, or may. */
  ofMany: boolean
  /** FreeBSD: /etc is copied into memory at boot, and can be written to there (diskless(8)). */
  memoryEtc: boolean
  /** Whether the initial RAM disk can mount NFS; undefined: unknown. */
  initrdNfs: boolean | undefined
}

export const prepareHint = (be: BootEnvironment): string => `be prepare ${be.name}`
