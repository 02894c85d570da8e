import type { BootEnvironment } from '../../be/be.ts'

/** Path at which TFTP and HTTP serve a boot environment's tree, or a file in it: `/be/<be>/boot/loader.efi`. */
export const bePath = (be: string, path = ''): string => `/be/${be}${path === '' ? '' : `/${path}`}`

/** Path of the same file in the tree of one machine, which has virtual files too: `/m/<mac>/boot/loader.conf.local`. */
export const machinePath = (mac: string, path: string): string => `/m/${mac.replaceAll(':', '-')}/${path}`

/** The loader that this firmware runs, in the boot environment's tree; the rule `bootable` checks that it exists. */
export const loaderPath = ({ boots }: BootEnvironment, firmware: 'bios' | 'uefi' | undefined): string =>
  (firmware === 'bios' ? boots.pxeboot : boots.loaderEfi)!
