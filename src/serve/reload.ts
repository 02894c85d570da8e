import { isDeepStrictEqual } from 'node:util'
import { KEYS, type KeyName, type Settings } from '../config/schema.ts'

/** Settings that are read for each reply; all others hold a socket, a lease or an export and need a restart. */
const LIVE: ReadonlySet<KeyName> = new Set([
  'lab.dns',
  'lab.domain',
  'dhcp.options',
  'nfs.options',
  'nfs.readonly',
  'boot.handoff',
  'boot.loader',
  'boot.cmdline',
  'boot.once',
  'boot.heartbeat',
  'log.format',
  'log.level',
])

/**
 * Copies the settings that may change while serving from `fresh` to the running `settings` (SIGHUP). Returns those that
 * were applied, and those that differ but need a restart.
 */
export function applyLiveSettings(
  settings: Settings,
  fresh: Settings,
): { applied: KeyName[]; waiting: KeyName[] } {
  const changed = (Object.keys(KEYS) as KeyName[]).filter(
    name => !isDeepStrictEqual(settings[name], fresh[name]),
  )
  const applied = changed.filter(name => LIVE.has(name))
  Object.assign(settings, Object.fromEntries(applied.map(name => [name, fresh[name]])))
  return { applied, waiting: changed.filter(name => !LIVE.has(name)) }
}
