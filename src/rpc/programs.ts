import type { Platform } from '../host/platform.ts'

/** A remote program that nbe calls. */
export interface Program {
  number: number
  version: number
  /** The server's name, for messages. */
  name: string
  /** Middle of its error codes: BE_MOUNTD_DOWN. */
  code: 'PORTMAP' | 'MOUNTD' | 'NFSD'
  /** How the server is started. */
  start: Record<Platform, string>
}

export type Transport = 'udp' | 'tcp'

/** RFC 1833, section 3. */
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

/** NFS over TCP: FreeBSD's kernel asks no portmapper for its root (sys/nfs/bootp_subr.c, nfs_diskless.c). */
export const NFS_PORT = 2049

/** How to start a program's server: on this platform, or on both if it is unknown. */
export function startHint({ start }: Program, platform?: Platform): string {
  if (platform !== undefined) return `start it: ${start[platform]}`
  return `start it; FreeBSD: ${start.freebsd}; Linux: ${start.linux}`
}
