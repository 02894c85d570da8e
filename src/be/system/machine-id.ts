/**
 * The file that identifies one machine: etc/hostid of rc.d/hostid, or machine-id(5). Machines that share a tree with
 * this file have the same identity.
 */
export const MACHINE_ID_FILE = { freebsd: 'etc/hostid', linux: 'etc/machine-id' } as const
