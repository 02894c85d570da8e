import type { CodeEntry } from './entry.ts'

/** Calls to portmapper, mountd and nfsd: src/rpc. */
export const RPC = {
  BE_MNT_ACCES: {
    exit: 'permission',
    meaning: 'mountd does not export the path to this client; the log of the NFS host may say why.',
  },
  BE_MNT_INVAL: { exit: 'data', meaning: 'mountd takes the path for an invalid one.' },
  BE_MNT_IO: {
    exit: 'unavailable',
    meaning: 'mountd met an input/output error at the path: check the pool.',
  },
  BE_MNT_NAMETOOLONG: { exit: 'data', meaning: 'The path is too long for mountd.' },
  BE_MNT_NOENT: {
    exit: 'data',
    meaning: 'mountd does not find the path: is the boot environment mounted on the NFS host?',
  },
  BE_MNT_NOTDIR: { exit: 'data', meaning: 'The path is no directory for mountd.' },
  BE_MNT_NOTSUPP: {
    exit: 'unavailable',
    meaning: 'The NFS server does not support mounting this file system.',
  },
  BE_MNT_PERM: {
    exit: 'permission',
    meaning: 'mountd grants the path only to root on a reserved port: run be as root.',
  },
  BE_MNT_SERVERFAULT: { exit: 'unavailable', meaning: 'mountd failed inside: see its log.' },
  BE_MNT_STATUS: {
    exit: 'unavailable',
    meaning: 'mountd answered with a status that RFC 1813 does not know.',
  },
  BE_MOUNTD_CLOSED: {
    exit: 'tryAgain',
    meaning: 'mountd closed the connection without an answer: see its log.',
  },
  BE_MOUNTD_DOWN: { exit: 'unavailable', meaning: 'mountd does not run on the NFS host: start it.' },
  BE_MOUNTD_NOT_REGISTERED: {
    exit: 'unavailable',
    meaning: 'rpcbind of the NFS host does not list mountd version 3: start the NFS server.',
  },
  BE_MOUNTD_TIMEOUT: {
    exit: 'tryAgain',
    meaning: 'mountd does not answer: it hangs, or a packet filter stands between.',
  },
  BE_MOUNTD_UNREACHABLE: {
    exit: 'unavailable',
    meaning: 'There is no way to mountd in the network: check lab.address and the route.',
  },
  BE_NFSD_CLOSED: { exit: 'tryAgain', meaning: 'nfsd closed the connection without an answer: see its log.' },
  BE_NFSD_DOWN: { exit: 'unavailable', meaning: 'nfsd does not run on the NFS host: start it.' },
  BE_NFSD_NOT_REGISTERED: {
    exit: 'unavailable',
    meaning: 'rpcbind of the NFS host does not list NFS version 3: start the NFS server.',
  },
  BE_NFSD_TIMEOUT: {
    exit: 'tryAgain',
    meaning: 'nfsd does not answer: it hangs, or a packet filter stands between.',
  },
  BE_NFSD_UNREACHABLE: {
    exit: 'unavailable',
    meaning: 'There is no way to nfsd in the network: check lab.address and the route.',
  },
  BE_NO_RESERVED_PORT: {
    exit: 'tryAgain',
    meaning: 'All reserved source ports of this host, which mountd asks for, are in use.',
  },
  BE_PORTMAP_CLOSED: {
    exit: 'tryAgain',
    meaning: 'rpcbind closed the connection without an answer: see its log.',
  },
  BE_PORTMAP_DOWN: { exit: 'unavailable', meaning: 'rpcbind does not run on the NFS host: start it.' },
  BE_PORTMAP_NOT_REGISTERED: {
    exit: 'unavailable',
    meaning: 'rpcbind of the NFS host does not list itself: restart it.',
  },
  BE_PORTMAP_TIMEOUT: {
    exit: 'tryAgain',
    meaning: 'rpcbind does not answer: it hangs, or a packet filter stands between.',
  },
  BE_PORTMAP_UNREACHABLE: {
    exit: 'unavailable',
    meaning: 'There is no way to rpcbind in the network: check lab.address and the route.',
  },
  BE_RPC_AUTH: {
    exit: 'unavailable',
    meaning: 'The server rejects the credentials of root by AUTH_UNIX: allow the security flavour sys.',
  },
  BE_RPC_GARBAGE_ARGS: {
    exit: 'unavailable',
    meaning: 'The server could not decode the call: please report this.',
  },
  BE_RPC_NO_PROCEDURE: { exit: 'unavailable', meaning: 'The server lacks a procedure: is it an NFS server?' },
  BE_RPC_NO_PROGRAM: {
    exit: 'unavailable',
    meaning: 'The port that was registered does not serve this program: restart the server.',
  },
  BE_RPC_NO_VERSION: {
    exit: 'unavailable',
    meaning: 'The server does not speak the version that loaders need: switch it on.',
  },
  BE_RPC_RECORD_TOO_LONG: { exit: 'unavailable', meaning: 'A peer sent an RPC message beyond the limit.' },
  BE_RPC_SYSTEM_ERROR: { exit: 'unavailable', meaning: 'The server failed inside: see its log.' },
  BE_RPC_VERSION: { exit: 'unavailable', meaning: 'The server does not speak RPC version 2.' },
  BE_XDR_MALFORMED: { exit: 'unavailable', meaning: 'A peer sent an RPC message that cannot be decoded.' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
