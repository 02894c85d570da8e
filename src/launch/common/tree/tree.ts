import type { Platform } from '../../../host/platform.ts'
import type { LaunchInput, LaunchStep } from '../launch.ts'
import type { JailOption } from './jail-parameters.ts'

/** The facts that a jail or a chroot depends on beside the boot environment. */
export interface TreeHost {
  platform: Platform
  /** The tree has a directory dev to mount devices on. */
  hasDev: boolean
}

/** What a jail or a chroot is planned from. */
export interface TreeInput extends LaunchInput {
  host: TreeHost
  /** The command to run. Absent: a jail that stays. */
  command?: readonly string[]
  /** Parameters of a jail. */
  options?: readonly JailOption[]
  /** The name of the jail, where several run. */
  jail?: string
}

/** The command when none is named: an interactive shell, as bectl(8) starts it. */
export const SHELL = ['/bin/sh']

/** Mounts devfs(5) on the tree's /dev; without a ruleset all devices are visible. */
export function devfsStep(path: string, ruleset?: string): LaunchStep {
  const rules = ruleset === undefined ? [] : ['-o', `ruleset=${ruleset}`]
  const dev = `${path}/dev`
  return {
    do: { what: `mount devfs on ${dev}`, argv: ['mount', '-t', 'devfs', ...rules, 'devfs', dev] },
    undo: { what: `unmount ${dev}`, argv: ['umount', dev] },
    mount: { at: dev, ruleset },
  }
}
