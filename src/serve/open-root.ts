import { stat } from 'node:fs/promises'
import type { SessionEvent } from '../session/event.ts'

/**
 * The warning for a be.root that every user of this host can enter: programs in its trees that are setuid root are so for
 * them, too. Undefined for one that they cannot, or that is not there yet.
 */
export async function openRootEvent(path: string): Promise<SessionEvent | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || (found.mode & 0o001) === 0) return undefined
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0')
  const why = `every user of this host can run setuid programs of its trees: chmod 0700 ${path}`
  return { event: 'serve:root-open', level: 'warn', detail: { path, mode, why } }
}
