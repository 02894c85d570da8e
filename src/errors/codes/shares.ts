import type { CodeEntry } from './entry.ts'

/** Sharing boot environments and the servers that export them: src/nfs. */
export const SHARES = {
  BE_EXPORTS_BUSY: { exit: 'tryAgain', meaning: 'Another be has been changing exports for a minute.' },
  BE_EXPORTS_MISSING: {
    exit: 'config',
    meaning: 'The NFS host has no /etc/exports, without which its mountd does not start.',
  },
  BE_EXPORT_BOOT_RUNNING: {
    exit: 'tryAgain',
    meaning:
      'A loader is reading by NFS, and could miss a file while exports are reloaded; -f does not wait.',
  },
  BE_EXPORT_CLIENT: { exit: 'data', meaning: 'This is no IPv4 address or network to export to.' },
  BE_EXPORT_MAPROOT: {
    exit: 'data',
    meaning: 'The user that root is mapped to cannot be written for this NFS server: use numbers.',
  },
  BE_EXPORT_NOT_MOUNTED: {
    exit: 'data',
    meaning: 'Nothing is mounted at the path, so an export would open the file system below it.',
  },
  BE_EXPORT_PATH: {
    exit: 'data',
    meaning: 'The path has a character that the file of the NFS server cannot hold.',
  },
  BE_EXPORT_PATH_TAKEN: { exit: 'data', meaning: 'The path is shared already as another boot environment.' },
  BE_EXPORT_TO_WORLD: {
    exit: 'config',
    meaning: 'The export would be open to every network, since no client is named for it.',
  },
  BE_GANESHA_CONFIG: {
    exit: 'data',
    meaning: 'nfs-ganesha does not accept the configuration that was written for it: please report this.',
  },
  BE_GANESHA_GONE: { exit: 'unavailable', meaning: 'nfs-ganesha has ended; be serve starts it again.' },
  BE_GANESHA_MTAB: {
    exit: 'unavailable',
    meaning: 'nfs-ganesha needs /etc/mtab, which cannot be read.',
  },
  BE_GANESHA_PATH: {
    exit: 'config',
    meaning: 'nfs-ganesha cannot include files below a path with such characters.',
  },
  BE_GANESHA_PERMISSION: { exit: 'permission', meaning: 'Only root can run nfs-ganesha.' },
  BE_GANESHA_START: {
    exit: 'unavailable',
    meaning: 'nfs-ganesha ended as soon as it was started: see its log, and whether port 2049 is free.',
  },
  BE_GANESHA_TIMEOUT: {
    exit: 'tryAgain',
    meaning: 'nfs-ganesha did not start, stop or reload in time: see its log.',
  },
  BE_HOST_FAILED: {
    exit: 'failed',
    meaning: 'What a machine needs to boot could not be found out, because of an unexpected error.',
  },
  BE_HOST_SLOW: {
    exit: 'tryAgain',
    meaning: 'The NFS host took too long to answer, so the machine was not told to boot yet.',
  },
  BE_NFSD_SETUP: {
    exit: 'unavailable',
    meaning: 'The NFS server of the host lacks a version or transport that machines need.',
  },
  BE_NFS_BAD_HANDLE: {
    exit: 'unavailable',
    meaning: 'The NFS server granted the mount with an empty file handle.',
  },
  BE_NFS_HOST: {
    exit: 'config',
    meaning: 'The NFS server that nfs.driver names runs on this host only, but nfs.host names another.',
  },
  BE_NFS_NO_TCP: {
    exit: 'unavailable',
    meaning: 'The NFS server does not answer by TCP, which kernels mount their root by.',
  },
  BE_NFS_PORT_TAKEN: {
    exit: 'unavailable',
    meaning: 'be serve cannot serve NFS because another program has the port.',
  },
  BE_NFS_READ_ONLY: { exit: 'config', meaning: 'This NFS server serves read-only: leave --rw out.' },
  BE_NFS_RPCBIND: {
    exit: 'unavailable',
    meaning: 'rpcbind of this host does not register the NFS server of be serve.',
  },
  BE_NFS_SECURITY: {
    exit: 'unavailable',
    meaning: 'The NFS server demands a security flavour other than sys, which loaders do not know.',
  },
  BE_NFS_SERVER: {
    exit: 'config',
    meaning: 'The address of the NFS host in the lab is not known: set nfs.server.',
  },
  BE_NOT_SHARED: { exit: 'data', meaning: 'The boot environment is not shared: be sharenfs does that.' },
  BE_NOT_SHARED_AGAIN: {
    exit: 'failed',
    meaning: 'The boot environment was renamed, but sharing it under its new name failed.',
  },
  BE_RPCBIND_START: {
    exit: 'unavailable',
    meaning: 'The rpcbind that was started for nfs-ganesha does not answer.',
  },
  BE_SHARE_ID_TAKEN: {
    exit: 'tryAgain',
    meaning: 'Two boot environments were shared at once and chose the same number: share it again.',
  },
  BE_SHARE_PATH_LINK: {
    exit: 'data',
    meaning: 'The path to share goes over a link, which exports cannot hold: use the real path.',
  },
  BE_SHARE_PATH_MISSING: { exit: 'data', meaning: 'The path to share does not exist on the NFS host.' },
  BE_SHARE_PATH_NOT_DIRECTORY: { exit: 'data', meaning: 'The path to share is no directory.' },
  BE_SHARE_PATH_RELATIVE: { exit: 'data', meaning: 'The path to share does not begin with a slash.' },
  BE_UNSHARE_STILL_EXPORTED: {
    exit: 'failed',
    meaning: 'The path can be mounted still, because another file exports it or a directory above it.',
  },
} as const satisfies Record<`BE_${string}`, CodeEntry>
