import type { BootEnvironment } from '../../../be/be.ts'
import type { Hardware } from '../../../machines/hardware.ts'

/** The devices of a virtual machine for which its system has drivers. */
export interface Devices {
  nic: NonNullable<Hardware['nic']>
  disk: NonNullable<Hardware['diskBus']>
}

/** `8.4` of `8.4-RELEASE-p1`. */
type Version = [major: number, minor: number]

/** The first FreeBSD release with a driver for each, newest first (BSDCan 2018 talk, slide 58). */
const NICS: [Version, Devices['nic']][] = [
  [[8, 4], 'virtio'],
  [[5, 2], 'e1000'],
  [[0, 0], 'ne2000'],
]
const DISKS: [Version, Devices['disk']][] = [
  [[8, 4], 'virtio'],
  [[8, 0], 'ahci'],
  [[0, 0], 'ata'],
]

/** By the release of the boot environment. One without a known release, and Linux, have drivers for the newest. */
export function devicesOf(be: Pick<BootEnvironment, 'kind' | 'release'>, own: Hardware = {}): Devices {
  const version = be.kind === 'freebsd' ? versionOf(be.release) : undefined
  return {
    nic: own.nic ?? (version === undefined ? 'virtio' : newest(NICS, version)),
    disk: own.diskBus ?? (version === undefined ? 'virtio' : newest(DISKS, version)),
  }
}

const newest = <T>(table: [Version, T][], version: Version): T =>
  table.find(([since]) => !isOlder(version, since))![1]

const isOlder = (a: Version, b: Version): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

function versionOf(release: string | undefined): Version | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? []
  return major === undefined ? undefined : [Number(major), Number(minor)]
}
