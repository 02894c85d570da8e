/**
 * The files that identify one machine: etc/hostid of rc.d/hostid, machine-id(5), which rc.d/machine_id and rc.d/hostid_save
 * of FreeBSD derive from that. Machines that share a tree with such a file have the same identity.
 */
export const MACHINE_ID_FILES = {
  freebsd: ['etc/hostid', 'etc/machine-id'],
  linux: ['etc/machine-id'],
} as const
