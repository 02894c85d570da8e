import { escapeOctal, unescapeOctal } from '../../host/octal.ts'

/** One file system of fstab(5). Blanks in a field are undone (`\040`). */
export interface FstabEntry {
  source: string
  point: string
  type: string
  options: string[]
}

/** One line as it stands, and what it says if it is no comment and has three fields or more. */
export interface FstabLine {
  text: string
  entry?: FstabEntry
}

/** The lines of an fstab(5) of FreeBSD or Linux; joined with newlines they are the text again. */
export const parseFstab = (text: string): FstabLine[] => text.split('\n').map(line)

function line(text: string): FstabLine {
  const fields = text.trim().split(/[ \t]+/)
  const [source, point, type, options = ''] = fields.map(unescapeOctal)
  if (fields[0]!.startsWith('#') || source === undefined || point === undefined || type === undefined) {
    return { text }
  }
  return { text, entry: { source, point, type, options: options.split(',').filter(Boolean) } }
}

/** How the NFS root and its children are mounted, and by which system. */
export interface NfsMounting {
  kind: 'freebsd' | 'linux'
  server: string
  readOnly: boolean
  /** FreeBSD's boot.nfsroot.options: its nolockd counts for all of the tree. */
  nfsOptions: string
}

/** The line that mounts `path` of the server at `point`; with nolockd, as the kernel mounted its root. */
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
