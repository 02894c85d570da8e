import { isDeepStrictEqual } from 'node:util'
import { KEYS, type KeyName, type Settings } from '../config/schema.ts'

/** Settings that each answer is made from anew: a change needs no other socket, lease or export. */
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
 * Takes over into the running `settings` what may change while serving (SIGHUP). Answers what was applied,
 * and what differs but waits for a restart.
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
