/** What a guest of buildGuest prints about itself when it is up. */
export interface GuestReport {
  be: string
  /** `server:/path`, from /proc/mounts. */
  root: string
  /** File system type of the root. */
  type: string
  machine: string
  kernel: string
}

/** The line of the report. The newline is part of the pattern, since a console delivers lines in pieces. */
export const GUEST_UP = /^NBE-UP be=(\S*) root=(\S*) type=(\S*) machine=(\S*) kernel=(\S*)\n/m

/** The line of an initial RAM disk that fails. */
export const GUEST_FAILED = /^NBE-FAIL (.*)\n/m

export function parseGuestReport(match: RegExpMatchArray): GuestReport {
  const [, be = '', root = '', type = '', machine = '', kernel = ''] = match
  return { be, root, type, machine, kernel }
}
