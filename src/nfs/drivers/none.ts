import type { PlatformFacts } from '../../host/platform.ts'
import type { NfsDriver } from '../driver.ts'
import { freebsdExports, linuxExports } from '../exports-text.ts'
import { fragmentName } from '../share-list.ts'

/**
 * For exports that an admin or another host manages. Nothing is changed; a share is verified as with any driver.
 * The fragment is text to paste into that host's exports.
 */
export function noneDriver(format: PlatformFacts['exportsFormat']): NfsDriver {
  const render = format === 'freebsd' ? freebsdExports : linuxExports
  return {
    name: 'none',
    managesExports: false,
    settleMs: 0,
    check: async () => {},
    apply: async () => [],
    fragment: share => ({ fileName: `${fragmentName(share)}.exports`, text: render([share]) }),
  }
}
