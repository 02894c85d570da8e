import * as v from 'valibot'
import { parseSshUrl } from '../../host/ssh-url.ts'
import { key, type Section } from '../key.ts'
import { address, boolean, network, oneOf, text } from '../values.ts'

/** Settings of the table [nfs]. */
export const nfs = {
  'nfs.driver': key(
    'text',
    v.optional(oneOf(['auto', 'freebsd', 'linux', 'ganesha', 'embedded', 'none']), 'auto'),
    "NFS server that exports the boot environments. freebsd, linux: the system's own; ganesha: NFS-Ganesha, started by be serve; embedded: be serve itself, read-only; none: one that is managed by somebody else, whose exports are only verified; auto: the system's own if it is enabled, else embedded.",
    'auto',
  ),
  'nfs.host': key(
    'text',
    v.optional(
      text('a host, as ssh://root@nas or ssh://nas:2222', value => parseSshUrl(value) !== undefined),
    ),
    'Host whose NFS server is used, reached by ssh with a key and without prompts; this host if not set.',
    'ssh://root@nas',
  ),
  'nfs.platform': key(
    'text',
    v.optional(oneOf(['freebsd', 'linux'])),
    'Operating system of nfs.host; detected if not set.',
    'freebsd',
  ),
  'nfs.server': key(
    'text',
    v.optional(address),
    'Address that machines mount from; lab.address if not set.',
    '192.168.2.1',
  ),
  'nfs.network': key(
    'list',
    v.optional(v.array(network), []),
    "Networks whose hosts may mount; the lab's network if not set.",
    '192.168.2.0/24',
  ),
  'nfs.maproot': key(
    'text',
    v.optional(
      text('a user name', value => /^[a-z_][a-z0-9_-]{0,31}$/.test(value)),
      'root',
    ),
    'User on the server that root of a machine is mapped to; a root file system needs root.',
    'root',
  ),
  'nfs.readonly': key('boolean', v.optional(boolean, false), 'Share read-only.', 'false'),
  'nfs.options': key(
    'text',
    v.optional(
      text('NFS options without blanks or semicolons', value => /^[a-z0-9=,:]*$/.test(value)),
      'nolockd',
    ),
    "NFS mount options of FreeBSD's root file system (boot.nfsroot.options).",
    'nolockd',
  ),
} as const satisfies Section<'nfs'>
