import { isDeepStrictEqual } from 'node:util'
import { KEYS, type KeyName, type Settings } from '../config/schema.ts'

/** Settings that are read for each answer: a change needs no new socket, lease or export. */
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
  'log.format',
  'log.level',
])

/**
 * Copies into the running `settings` those that may change while serving (SIGHUP). Returns which were applied, and which
 * differ but wait for a restart.
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
