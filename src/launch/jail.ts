import type { Launch, LaunchCommand, LaunchStep } from './common/launch.ts'
import { type JailParameters, jailParameters } from './common/tree/jail-parameters.ts'
import { linuxJail, tryJail } from './common/tree/namespaces.ts'
import { devfsStep, type TreeHost, type TreeInput } from './common/tree/tree.ts'

/** The devfs ruleset for jails (/etc/defaults/devfs.rules); the default of jail(8) for mount.devfs. */
const DEVFS_RULESET = '4'

/**
 * A jail of the BE. On FreeBSD jail(8) creates it, jexec(8) runs the command in it and passes on its exit status
 * (`jail -c command=…` exits with 1 for every failure), and jail(8) removes it. On Linux namespaces take its place.
 * Without a command the plan ends when the jail has been created.
 */
export const jail: Launch<TreeInput> = {
  plan({ be, host, command, options = [], jail }) {
    const parameters = jailParameters(be.name, be.path, options, jail)
    const { before, main } =
      host.platform === 'linux'
        ? { before: [tryJail(networkOf(parameters))], main: namespaces(parameters, command) }
        : freebsd(parameters, host, command)
    return { launch: 'jail', be: be.name, before, main }
  },
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
  // jail(8) unmounts devfs on removal only for jails of a jail.conf: here it is a step with an undo.
  const given = [...parameters].filter(([key]) => key !== 'mount.devfs')
  const create = {
    what: `make jail ${name}`,
    argv: ['jail', '-q', '-c', ...given.map(([key, value]) => `${key}=${value}`)],
  }
  if (command === undefined) return { before: devfs, main: create }
  const step: LaunchStep = { do: create, undo: { what: `remove jail ${name}`, argv: removeJail(name) } }
  const main = { what: `run ${command[0]} in jail ${name}`, argv: ['jexec', name, ...command] }
  return { before: [...devfs, step], main }
}

/** Kills what runs in the jail and removes it. -R: without looking for it in a jail.conf. */
export const removeJail = (jail: string): string[] => ['jail', '-R', jail]
