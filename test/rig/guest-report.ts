/** What a guest of buildGuest said of itself when it was up. */
export interface GuestReport {
  be: string
  /** `server:/path`, as the kernel has it in /proc/mounts. */
  root: string
  /** File system type of the root. */
  type: string
  machine: string
  kernel: string
}

/** The line on which it says so; its end belongs to it, for a console delivers lines in pieces. */
export const GUEST_UP = /^NBE-UP be=(\S*) root=(\S*) type=(\S*) machine=(\S*) kernel=(\S*)\n/m

/** The line on which its initial RAM disk gives up. */
export const GUEST_FAILED = /^NBE-FAIL (.*)\n/m

export function parseGuestReport(match: RegExpMatchArray): GuestReport {
  const [, be = '', root = '', type = '', machine = '', kernel = ''] = match
  return { be, root, type, machine, kernel }
}
