/** The hosts of the attacks, in the network of test/rig/lab.ts. */

export const SERVER = '192.168.77.1'
export const BROADCAST = '192.168.77.255'
/** The machine that boots while others attack; in the inventory with this address. */
export const PROBE = { address: '192.168.77.9', mac: '02:00:00:00:99:01', ip: '192.168.77.50' } as const
/** Addresses that the attacking host has, and answers for. */
export const ATTACKER = Array.from({ length: 20 }, (_, n) => `192.168.77.${10 + n}`)
/** Addresses that nobody has; requests may claim to come from them. */
export const NOBODY = Array.from({ length: 50 }, (_, n) => `192.168.77.${200 + n}`)

/** Served by NFS, and below /be/ by TFTP and HTTP. */
export const BE = 'b1'
export const LOADER = 'boot/loader.efi'
export const LOADER_BYTES = 64 << 10
/** A file of 64 MB, served by TFTP and HTTP, and below the root of the BE by NFS. */
export const LARGE = 'boot/large'
/** A file of 32 GB, more than any cache holds, without blocks. */
export const HUGE = 'boot/huge'
/** A directory of 20,000 names. */
export const BIG = 'big'
