import { resolve } from 'node:path'
import { type Inputs, type Loaded, load } from '../config/load.ts'
import { BeError } from '../errors/errors.ts'
import { readIfThere } from '../host/files.ts'
import { detectPlatform, type Platform, platformFacts } from '../host/platform.ts'

/** The settings, the source of each, and the platform whose defaults apply. */
export interface Effective extends Loaded {
  platform: Platform
  /** The file that was read, if there was one. */
  file?: string
}

/**
 * Reads be.toml (the one named by --config or NBE_CONFIG, which must exist, or the platform's, which may be absent) and
 * fills in the defaults that depend on the platform. Throws the errors of config/load.ts, BE_CONFIG_MISSING,
 * BE_CONFIG_UNREADABLE.
 */
export async function readSettings(
  inputs: Omit<Inputs, 'file'> & { config?: string; platform?: Platform },
): Promise<Effective> {
  const platform = inputs.platform ?? detectPlatform()
  const facts = platformFacts(platform)
  const given = inputs.config ?? inputs.environment?.NBE_CONFIG ?? facts.configFile
  // Absolute: it is read again later, while the working directory may be elsewhere (be/tree/walk.ts).
  const name = given && resolve(given)
  const text = await readIfThere(name).catch(error => {
    const { message, hint, exit } = error as BeError
    throw new BeError('BE_CONFIG_UNREADABLE', message, {
      hint,
      exit: exit === 'permission' ? exit : 'config',
      cause: error,
    })
  })
  if (text === undefined && name !== facts.configFile) {
    throw new BeError('BE_CONFIG_MISSING', `no file ${JSON.stringify(name)}`, {
      hint: 'name another with --config or NBE_CONFIG, or leave it out: every setting has a default',
    })
  }
  const loaded = load({ ...inputs, ...(text !== undefined && { file: { name, text } }) })
  const { settings } = loaded
  settings['state.dir'] ??= facts.stateDir
  settings['state.group'] ??= facts.readers
  settings['pxe.dir'] ??= facts.pxeDir
  settings['vm.tab'] ??= facts.vmTab
  settings['exports.dir'] ??= `${settings['state.dir']}/exports.d`
  return { ...loaded, platform, ...(text !== undefined && { file: name }) }
}
