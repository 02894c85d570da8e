import { open, stat } from 'node:fs/promises'

/** Bytes of a log so far; 0 when there is none. */
export const logSize = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** What a log got since it had `from` bytes; at most a megabyte of it. */
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

/** Says only that there were complaints, which stand in lines of their own. */
const EMPTY_WORDS = /errors? (found|processing|while)|Error(s)? (setting|processing|while)|exiting/i

/**
 * The first things that ganesha calls critical, as one line without its prefixes; only those `about` something. Its complaints about
 * D-Bus, Kerberos and RADOS are about what nobody here asked for.
 */
export function criticalMessages(log: string, about: (text: string) => boolean = () => true): string {
  const critical = log.split('\n').flatMap(line => {
    const [, , component, level, text] = LINE.exec(line) ?? []
    const bad = level === 'CRIT' || level === 'MAJ' || level === 'FATAL'
    return bad && component !== 'DBUS' && component !== 'NFS CB' && about(text!) ? [text!.trim()] : []
  })
  const telling = critical.filter(text => !EMPTY_WORDS.test(text))
  return (telling.length > 0 ? telling : critical).slice(0, 3).join('; ')
}
