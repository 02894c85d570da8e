import { open, stat } from 'node:fs/promises'

/** Size of a log in bytes; 0 when there is none. */
export const logSize = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** What was appended to a log since its size was `from` bytes; at most 1 MiB of it. */
export async function readLogFrom(path: string, from: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1 << 20), 0, 1 << 20, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** `date : epoch … : host : process[thread] function :COMPONENT :LEVEL :text` */
const LINE = /^.*\] (\w+) :([^:]+) :(CRIT|MAJ|FATAL|WARN|EVENT) :(.*)$/

/** Messages that only say that there were errors; the errors are in messages of their own. */
const SUMMARY = /errors? (found|processing|while)|Error(s)? (setting|processing|while)|exiting/i

/**
 * The texts of the first critical messages, joined to one line; only those for which `about` holds. Leaves out the
 * components DBUS and NFS CB, which log errors of features that are not used.
 */
export function criticalMessages(log: string, about: (text: string) => boolean = () => true): string {
  const critical = log.split('\n').flatMap(line => {
    const [, , component, level, text] = LINE.exec(line) ?? []
    const bad = level === 'CRIT' || level === 'MAJ' || level === 'FATAL'
    return bad && component !== 'DBUS' && component !== 'NFS CB' && about(text!) ? [text!.trim()] : []
  })
  const specific = critical.filter(text => !SUMMARY.test(text))
  return (specific.length > 0 ? specific : critical).slice(0, 3).join('; ')
}
