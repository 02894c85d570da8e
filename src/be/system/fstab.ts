import { escapeOctal, unescapeOctal } from '../../host/octal.ts'

/** One entry of fstab(5), with `\040` and the like decoded. */
export interface FstabEntry {
  source: string
  point: string
  type: string
  options: string[]
}

/** One line, and its entry unless it is a comment or has fewer than three fields. */
export interface FstabLine {
  text: string
  entry?: FstabEntry
}

/** Parses fstab(5) of FreeBSD or Linux. The lines' texts joined with newlines are the text again. */
export const parseFstab = (text: string): FstabLine[] => text.split('\n').map(line)

function line(text: string): FstabLine {
  const fields = text.trim().split(/[ \t]+/)
  const [source, point, type, options = ''] = fields.map(unescapeOctal)
  if (fields[0]!.startsWith('#') || source === undefined || point === undefined || type === undefined) {
    return { text }
  }
  return { text, entry: { source, point, type, options: options.split(',').filter(Boolean) } }
}

/** How a system mounts its NFS root and the file systems below. */
export interface NfsMounting {
  kind: 'freebsd' | 'linux'
  server: string
  readOnly: boolean
  /** FreeBSD's boot.nfsroot.options; `nolockd` in it applies to all file systems of the tree. */
  nfsOptions: string
}

/** The fstab(5) line that mounts `path` of the server at `point`, with nolockd if the root is mounted so. */
export function nfsLine(
  { kind, server, readOnly, nfsOptions }: NfsMounting,
  path: string,
  point: string,
): string {
  const nolockd = nfsOptions.split(/[,:]/).includes('nolockd')
  const options = [
    readOnly ? 'ro' : 'rw',
    ...(kind === 'linux' ? ['vers=3', 'tcp', 'nolock'] : nolockd ? ['nolockd'] : []),
  ]
  return `${escapeOctal(`${server}:${path}`)} ${escapeOctal(point)} nfs ${options.join(',')} 0 0`
}
