import type { CodesOf } from '../errors/codes/index.ts'
import { BeError } from '../errors/errors.ts'

/** Messages of ssh(1) and the errors for them. The first that matches counts, so the more specific ones are first. */
const MEANINGS: [said: RegExp, code: CodesOf<'BE_SSH_'>, what: string, hint: string][] = [
  [
    /host key verification failed|host key is known for|remote host identification has changed/i,
    'BE_SSH_HOST_KEY',
    'its host key is not the one that is known, or none is',
    'log in once by hand, as the user that runs be, and compare the fingerprint',
  ],
  [
    /permission denied|too many authentication failures|no supported authentication/i,
    'BE_SSH_PERMISSION',
    'it does not let us in',
    'be asks no password: put a key of the user that runs be into authorized_keys there',
  ],
  [
    /could not resolve|connection refused|no route to host|network is unreachable|timed out during|connect to host|connection timed out/i,
    'BE_SSH_UNREACHABLE',
    'it cannot be reached',
    'is it up, and does sshd listen there? see nfs.host',
  ],
  [
    /closed by|connection reset|broken pipe|shared connection|not responding|connection closed|read from master|mux_client/i,
    'BE_SSH_CUT',
    'the connection was cut',
    'try again; what was done there may have to be looked at',
  ],
]

/** The error for exit status 255 of ssh(1), from what it wrote to stderr. */
export function sshError(name: string, stderr: string): BeError {
  const lines = stderr
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  for (const [message, code, what, hint] of MEANINGS) {
    const line = lines.findLast(line => message.test(line))
    if (line !== undefined) return new BeError(code, `${name}: ${what} (${plain(line)})`, { hint })
  }
  if (lines.length === 0) {
    return new BeError('BE_SSH_CUT', `${name}: the connection was cut`, {
      hint: 'try again; what was done there may have to be looked at',
    })
  }
  return new BeError('BE_SSH_FAILED', `${name}: ssh failed (${plain(lines.at(-1)!)})`, {
    hint: 'try the same by hand: ssh -o BatchMode=yes',
  })
}

/** Without control characters, so that it stays one line. */
const plain = (line: string): string => line.replace(/\p{C}/gu, '').replace(/\.$/, '')
