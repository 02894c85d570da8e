import { BeError } from '../../../errors/errors.ts'
import type { Platform } from '../../../host/platform.ts'

/** One `-o key=value`, or `-u key`, in the order of the command line. */
export type JailOption = { set: string; value: string } | { unset: string }

/** jail(8) parameters by name. */
export type JailParameters = Map<string, string>

/** The parameters that have an equivalent in Linux namespaces. */
const LINUX = ['host.hostname', 'ip4']

/** Parameters that be sets itself. bectl(8) refuses the same, except `path`. */
const FIXED = ['command', 'exec.start', 'persist', 'nopersist', 'path']

/**
 * The parameters of a BE's jail: the defaults of bectl(8) and devfs, changed by the options in their order.
 * Unsetting `name` or `host.hostname`, which a jail must have, restores the default.
 */
export function jailParameters(
  be: string,
  path: string,
  options: readonly JailOption[],
  name = jailName(be),
): JailParameters {
  const required = { name, 'host.hostname': be }
  const parameters: JailParameters = new Map(
    Object.entries({
      ...required,
      path,
      persist: 'true',
      'allow.mount': 'true',
      'allow.mount.devfs': 'true',
      enforce_statfs: '1',
      'mount.devfs': 'true',
    }),
  )
  for (const option of options) {
    if ('set' in option) parameters.set(option.set, option.value)
    else parameters.delete(option.unset)
  }
  for (const [key, value] of Object.entries(required)) {
    if (!parameters.has(key)) parameters.set(key, value)
  }
  return parameters
}

/** The jail's name. `_` for dots, which separate parent and child jails; rc.d/jail replaces them likewise. */
export const jailName = (be: string): string => `be_${be.replaceAll('.', '_')}`

/** `key=value` of `-o`. Throws BE_JAIL_PARAMETER. */
export function readJailOption(text: string): JailOption {
  const [, set, value] = /^([A-Za-z][A-Za-z0-9_.]*)=([^\0]*)$/s.exec(text) ?? []
  if (set === undefined || value === undefined) {
    throw parameterError(`-o ${JSON.stringify(text)} is no parameter of a jail`, 'key=value, see jail(8)')
  }
  return { set, value }
}

/** Throws BE_JAIL_PARAMETER for a parameter that be sets itself, or that this platform does not have. */
export function checkJailOptions(options: readonly JailOption[], platform: Platform): void {
  for (const option of options) {
    const name = 'set' in option ? option.set : option.unset
    if (FIXED.includes(name)) {
      throw parameterError(`${name} of a jail is not for -o or -u`, 'any other parameter of jail(8)')
    }
    if (platform === 'linux' && !LINUX.includes(name)) {
      throw parameterError(`jails on Linux have no ${name}`, LINUX.join(', '))
    }
  }
}

const parameterError = (message: string, expected: string): BeError =>
  new BeError('BE_JAIL_PARAMETER', message, { expected })
