import type { Platform } from '../host/platform.ts'
import { type JailOption, type JailParameters, jailParameters } from './common/jail-parameters.ts'
import type { Launch, LaunchCommand, LaunchStep } from './common/launch.ts'
import { linuxJail, tryJail } from './common/linux-root.ts'

/** What a jail, or a chroot, is planned from beside the BE itself. */
export interface TreeHost {
  platform: Platform
  /** The tree has a directory dev to mount devices on. */
  hasDev: boolean
}

/** The ruleset of devfs that hides what a jail should not see; jail(8) takes the same for mount.devfs. */
const DEVFS_RULESET = '4'

/** The command of a shell for a person, as bectl(8) starts it. */
export const SHELL = ['/bin/sh']

/**
 * A jail of the BE. On FreeBSD jail(8) makes it, jexec(8) runs the command in it and hands its exit status on
 * (`jail -c command=…` answers 1 for every failure), and jail(8) removes it. Elsewhere namespaces.
 * Without a command the plan ends when the jail stands.
 */
export function jailLaunch(host: TreeHost, options: readonly JailOption[] = []): Launch {
  return {
    name: 'jail',
    plan({ be, command }) {
      const parameters = jailParameters(be.name, be.path, options)
      const { before, main } =
        host.platform === 'linux'
          ? { before: [tryJail(networkOf(parameters))], main: namespaces(parameters, command) }
          : freebsd(parameters, host, command)
      return { launch: 'jail', be: be.name, before, main }
    },
  }
}

const networkOf = (parameters: JailParameters) => ({ network: parameters.get('ip4') === 'inherit' })

function namespaces(parameters: JailParameters, command: readonly string[] | undefined): LaunchCommand {
  const path = parameters.get('path')!
  const hostname = parameters.get('host.hostname')!
  const argv = linuxJail({ path, hostname, ...networkOf(parameters) }, command)
  return { what: `run ${path} in namespaces`, argv }
}

function freebsd(parameters: JailParameters, { hasDev }: TreeHost, command: readonly string[] | undefined) {
  const name = parameters.get('name')!
  const wantsDev = hasDev && parameters.get('mount.devfs') === 'true'
  const ruleset = parameters.get('devfs_ruleset') ?? DEVFS_RULESET
  const devfs = wantsDev ? [devfsStep(parameters.get('path')!, ruleset)] : []
  // jail(8) unmounts what it mounted for jails of its jail.conf alone: devfs is a step of ours.
  const given = [...parameters].filter(([key]) => key !== 'mount.devfs')
  const create = {
    what: `make jail ${name}`,
    argv: ['jail', '-q', '-c', ...given.map(([key, value]) => `${key}=${value}`)],
  }
  if (command === undefined) return { before: devfs, main: create }
  const jail: LaunchStep = { do: create, undo: { what: `remove jail ${name}`, argv: removeJail(name) } }
  const main = { what: `run ${command[0]} in jail ${name}`, argv: ['jexec', name, ...command] }
  return { before: [...devfs, jail], main }
}

/** -R: by what the kernel knows, not by a jail.conf. Kills what runs in it. */
export const removeJail = (jail: string): string[] => ['jail', '-R', jail]

/** devfs(5) on the tree's /dev; all devices without a ruleset. */
export function devfsStep(path: string, ruleset?: string): LaunchStep {
  const rules = ruleset === undefined ? [] : ['-o', `ruleset=${ruleset}`]
  const dev = `${path}/dev`
  return {
    do: { what: `mount devfs on ${dev}`, argv: ['mount', '-t', 'devfs', ...rules, 'devfs', dev] },
    undo: { what: `unmount ${dev}`, argv: ['umount', dev] },
  }
}
