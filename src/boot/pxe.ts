/**
 * Option 43 as PXE 2.1 fills it (section 2.2.1, table 2-1 and the vendor options after it), for proxy offers.
 */

/** Tags within option 43. */
export const PXE_TAG = {
  discoveryControl: 6,
  bootServers: 8,
  bootMenu: 9,
  menuPrompt: 10,
  bootItem: 71,
} as const

/** Bits of PXE_DISCOVERY_CONTROL. */
const NO_BROADCAST = 1
const NO_MULTICAST = 2
/** Take the boot file that this very offer names: no prompt, no menu, no discovery. */
const FILE_IN_OFFER = 8

/** The one type of boot server there is here; from 32768 on they are the vendor's own. */
export const BOOT_SERVER_TYPE = 0x8000

const TITLE = Buffer.from('nbe')

/**
 * Option 43 of a proxy offer. Nearly all firmware obeys FILE_IN_OFFER; a ROM that does not finds a menu of one
 * item, chosen at once, and asks the one server of the list, `server`, on port 4011.
 */
export function proxyVendorOptions(server: string): Buffer {
  const type = Buffer.of(BOOT_SERVER_TYPE >> 8, BOOT_SERVER_TYPE & 255)
  const address = Buffer.from(server.split('.').map(Number))
  return Buffer.concat([
    tag(PXE_TAG.discoveryControl, Buffer.of(FILE_IN_OFFER | NO_BROADCAST | NO_MULTICAST)),
    tag(PXE_TAG.bootServers, type, Buffer.of(1), address),
    tag(PXE_TAG.bootMenu, type, Buffer.of(TITLE.length), TITLE),
    // Seconds before the first item is taken, then the words shown meanwhile.
    tag(PXE_TAG.menuPrompt, Buffer.of(0), TITLE),
    Buffer.of(255),
  ])
}

/** Option 43 of the answer to a client that asked for a boot item: which one this is. */
export const bootItemOptions = (item: Buffer): Buffer =>
  Buffer.concat([tag(PXE_TAG.bootItem, item), Buffer.of(255)])

function tag(code: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(code, value.length), value])
}
