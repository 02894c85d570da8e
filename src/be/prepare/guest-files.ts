import { packageFile } from '../../host/package.ts'

/** A file of the program that is copied into a tree, and the link that enables it. */
export interface GuestFile {
  /** Below `guest/` of the checkout or the installed package. */
  from: string
  /** Relative to the root of the tree. */
  to: string
  mode: number
  /** A symbolic link that is made too: its path in the tree, and its target. */
  link?: { path: string; target: string }
}

/** The call-back, by which a booted system reports to the service that it is up; by kind of tree. */
export const GUEST_FILES: Record<'freebsd' | 'linux', readonly GuestFile[]> = {
  freebsd: [
    { from: 'nbe-up', to: 'usr/local/libexec/nbe-up', mode: 0o755 },
    { from: 'freebsd/nbe_up', to: 'usr/local/etc/rc.d/nbe_up', mode: 0o755 },
  ],
  linux: [
    { from: 'nbe-up', to: 'usr/local/libexec/nbe-up', mode: 0o755 },
    {
      from: 'linux/nbe-up.service',
      to: 'etc/systemd/system/nbe-up.service',
      mode: 0o644,
      link: {
        path: 'etc/systemd/system/multi-user.target.wants/nbe-up.service',
        target: '../nbe-up.service',
      },
    },
  ],
}

export const guestFile = (from: string): string => packageFile(`guest/${from}`)
