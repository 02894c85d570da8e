import { addressBytes } from './address-bytes.ts'

/** Option 43 of proxy offers as PXE 2.1 defines it (section 2.2.1, table 2-1 and the vendor options after it). */

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
/** Take the boot file that this offer names, without prompt, menu or discovery. */
const FILE_IN_OFFER = 8

/** The type of boot server that is offered; types from 32768 on are for vendors. */
export const BOOT_SERVER_TYPE = 0x8000

const TITLE = Buffer.from('nbe')

/**
 * Option 43 of a proxy offer. Nearly all firmware obeys FILE_IN_OFFER; a ROM that does not gets a menu of one
 * item, chosen without delay, and asks the one server of the list, `server`, on port 4011.
 */
export function proxyVendorOptions(server: string): Buffer {
  const type = Buffer.of(BOOT_SERVER_TYPE >> 8, BOOT_SERVER_TYPE & 255)
  return Buffer.concat([
    tag(PXE_TAG.discoveryControl, Buffer.of(FILE_IN_OFFER | NO_BROADCAST | NO_MULTICAST)),
    tag(PXE_TAG.bootServers, type, Buffer.of(1), addressBytes(server)),
    tag(PXE_TAG.bootMenu, type, Buffer.of(TITLE.length), TITLE),
    // Seconds before the first item is chosen, then the text that is shown meanwhile.
    tag(PXE_TAG.menuPrompt, Buffer.of(0), TITLE),
    Buffer.of(255),
  ])
}

/**
 * Option 43 for a Raspberry Pi: no discovery, and one menu item with that very text, of the type 0 (a local boot, which
 * it does not do then). So dnsmasq sends it for `pxe-service=0,"Raspberry Pi Boot"`.
 */
export function raspberryPiOptions(): Buffer {
  const title = Buffer.from('Raspberry Pi Boot')
  return Buffer.concat([
    tag(PXE_TAG.discoveryControl, Buffer.of(NO_BROADCAST | NO_MULTICAST)),
    tag(PXE_TAG.menuPrompt, Buffer.of(0), Buffer.from('PXE')),
    tag(PXE_TAG.bootMenu, Buffer.of(0, 0, title.length), title),
    Buffer.of(255),
  ])
}

/** Option 43 of the reply to a client that asked for a boot item: the item, echoed. */
export const bootItemOptions = (item: Buffer): Buffer =>
  Buffer.concat([tag(PXE_TAG.bootItem, item), Buffer.of(255)])

function tag(code: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(code, value.length), value])
}
