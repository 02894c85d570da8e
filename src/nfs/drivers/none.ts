import type { PlatformFacts } from '../../host/platform.ts'
import type { NfsDriver } from '../driver.ts'
import { freebsdExports, linuxExports } from '../exports-text.ts'
import { fragmentName } from '../share-list.ts'

/**
 * Somebody else exports: a NAS, or an admin who wants to write exports alone. Nothing is changed; a share
 * is verified like any other. The fragment is what could be pasted into the other host's exports.
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
