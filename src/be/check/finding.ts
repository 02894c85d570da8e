import type { FindingCode } from '../../errors/codes/index.ts'
import type { BootEnvironment } from '../be.ts'
import type { BeFileSystem } from '../store.ts'

/** Ways to start a boot environment, as a check tells them apart. */
export const CHECKED_CLIENTS = ['uefi', 'bios', 'http', 'bhyveload', 'jail', 'xen-pvh'] as const
export type CheckedClient = (typeof CHECKED_CLIENTS)[number]

/** Those whose root is on NFS. */
export const ON_NFS: readonly CheckedClient[] = CHECKED_CLIENTS.filter(client => client !== 'jail')

/** Something that is not as it should be. */
export interface Finding {
  /** Stable, as an error's. */
  code: FindingCode
  /** What cannot boot for it; nothing: it boots, but not well. */
  stops: readonly CheckedClient[]
  message: string
  /** What to do. */
  hint: string
}

/** All that a check looks at; texts are files of the tree. */
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
  /** A hostid or machine-id that all who boot the tree would have. */
  sharedId: string | undefined
  /** Whether the initial RAM disk can mount NFS; undefined: it cannot be told. */
  initrdNfs: boolean | undefined
}

export const prepareHint = (be: BootEnvironment): string => `be prepare ${be.name}`
