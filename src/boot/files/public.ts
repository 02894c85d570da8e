import type { BigIntStats } from 'node:fs'
import type { Place } from '../../be/tree/walk.ts'

/** FreeBSD's loader asks for it at each boot (loader.conf(5), entropy_cache_load), so it is absent rather than refused. */
export const SEED = '/boot/entropy'

/** Served whatever its mode: loaders read it, and a loader.conf(5) is often readable for root alone. */
const BOOT = /^boot(\/|$)/

/**
 * Never served, whatever its mode: seeds of random numbers (loader.conf(5), rc.d/random, save-entropy(8),
 * systemd-random-seed(8), bootctl(1)), private host keys (sshd_config(5)) and other keys (geli(8)).
 */
const SECRET =
  /(^|\/)(boot\/entropy|random-seed|ssh_host_\w+_key|[^/]+\.key)$|^(entropy|var\/db\/entropy|boot\/geli)(\/|$)/

/** Mode bits for others. */
const READ = 0o004n
const SEARCH = 0o001n

/**
 * Whether anybody on the network may read what is at this place of a tree: all of /boot but for secrets, and otherwise what any
 * user of that system could read, as tftpd(8) requires. TFTP and HTTP have no users, the service reads as root, and
 * password files and host keys are in the same tree. A link counts as what it leads to.
 */
export function isPublic({ path, stat, directories }: Place): boolean {
  if (stat !== undefined && SECRET.test(path)) return false
  if (stat === undefined || BOOT.test(path)) return true
  if (!has(stat, stat.isDirectory() ? READ | SEARCH : READ)) return false
  // The mode of the root itself is no matter: it keeps the users of this host out.
  return directories.slice(1).every(directory => has(directory, SEARCH))
}

const has = ({ mode }: BigIntStats, bits: bigint): boolean => (mode & bits) === bits
