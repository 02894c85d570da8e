import type { Platform } from '../host/platform.ts'

/** A remote program as this project calls it. */
export interface Program {
  number: number
  version: number
  /** What a person calls the server. */
  name: string
  /** Middle of its error codes: BE_MOUNTD_DOWN. */
  code: 'PORTMAP' | 'MOUNTD' | 'NFSD'
  /** How the server is started. */
  start: Record<Platform, string>
}

export type Transport = 'udp' | 'tcp'

/** RFC 1833, section 3. Always on port 111. */
export const PORTMAP: Program = {
  number: 100000,
  version: 2,
  name: 'portmapper (rpcbind)',
  code: 'PORTMAP',
  start: {
    freebsd: 'sysrc rpcbind_enable=YES && service rpcbind start',
    linux: 'systemctl start rpcbind',
  },
}

/** RFC 1813, appendix I. */
export const MOUNT: Program = {
  number: 100005,
  version: 3,
  name: 'mountd',
  code: 'MOUNTD',
  start: {
    freebsd: 'sysrc mountd_enable=YES && service mountd start',
    linux: 'systemctl start nfs-server (or nfs-ganesha)',
  },
}

/** RFC 1813. */
export const NFS: Program = {
  number: 100003,
  version: 3,
  name: 'nfsd',
  code: 'NFSD',
  start: {
    freebsd: 'sysrc nfs_server_enable=YES nfs_server_flags="-u -t" && service nfsd start',
    linux: 'systemctl start nfs-server (or nfs-ganesha)',
  },
}
