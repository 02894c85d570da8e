import type { DhcpRequestFields } from './dhcp.ts'

/**
 * Network boot of the Raspberry Pi, whose firmware announces itself as a BIOS (option 93 is 0). Sources: "Network
 * booting" and "Raspberry Pi bootloader configuration" in the documentation of Raspberry Pi.
 */

/** Option 97 begins with RPi4, RPi5 or later (DHCP_OPTION97): earlier firmware wrote the letters in reverse. */
const UUID = /^(3[4-9]695052|5250693[4-9])-/

/** The boot ROMs of earlier ones are told by their MAC: the blocks that the IEEE has assigned to Raspberry Pi. */
const MAC = /^(28:cd:c1|2c:cf:67|88:a2:9e|b8:27:eb|d8:3a:dd|dc:a6:32|e4:5f:01):/

/** Whether firmware that says `PXEClient`, architecture 0, is a Raspberry Pi's. */
export const isRaspberryPi = ({ archType, uuid = '', mac }: DhcpRequestFields): boolean =>
  archType === 0 && (UUID.test(uuid) || MAC.test(mac))

/** Where systems keep what the firmware loads: Linux distributions, FreeBSD's images, either. */
const DIRECTORIES = ['/boot/firmware', '/boot/msdos', '/boot/efi', '/boot']

/**
 * The path that it fetches, without the serial number that it puts before each (`/1234abcd/start4.elf`) until a file is
 * not there: then it asks for all without.
 */
export const withoutSerial = (path: string): string => path.replace(/^\/[0-9a-f]{8}(?=\/)/, '')

/** Paths in a boot environment at which that file may be, in order. */
export const firmwarePaths = (path: string): string[] =>
  DIRECTORIES.map(directory => directory + withoutSerial(path))
