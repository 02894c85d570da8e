import { BeError } from '../../errors/errors.ts'
import type { PlanInput } from '../plan-input.ts'
import { callBackVariables } from '../variables/call-back.ts'
import { identityVariables } from '../variables/loader-variables.ts'
import { isIpxeText } from './ipxe-syntax.ts'

/**
 * The command line of a Linux kernel with its root on NFS (Documentation/admin-guide/nfs/nfsroot.rst), for an
 * iPXE script. The NFS options are limited to those that initramfs-tools' nfsmount knows too, which has no
 * proto=tcp. Throws BE_ROOT_PATH, BE_CMDLINE.
 */
export function kernelCommandLine(input: PlanInput): string {
  const { root, machine, readOnly, cmdline, callback } = input
  const host = machine?.host ?? machine?.name ?? ''
  return [
    'root=/dev/nfs',
    `nfsroot=${root!.server}:${nfsrootPath(root!.path)},vers=3,tcp,nolock`,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
    `ip=\${netX/ip}::\${netX/gateway}:\${netX/netmask}:${host}::none`,
    'BOOTIF=01-${netX/mac:hexhyp}',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
    readOnly ? 'ro' : 'rw',
    ...[...identityVariables(input), ...callBackVariables(callback)].map(pair => pair.join('=')),
    ...(cmdline === '' ? [] : [checkedCmdline(cmdline)]),
  ].join(' ')
}

/**
 * The kernel ends the path at a comma and replaces `%` with the host name (fs/nfs/nfsroot.c), scripts of an
 * initial RAM disk split it at blanks, and there is no way of quoting that all of them understand.
 */
function nfsrootPath(path: string): string {
  if (/^[\w./:@+=~-]+$/.test(path)) return path
  throw new BeError('BE_ROOT_PATH', `${path} on the command line of a Linux kernel`, {
    expected: 'letters, digits and . / : @ + = ~ _ -',
    hint: 'set be.root to another directory',
  })
}

function checkedCmdline(cmdline: string): string {
  if (isIpxeText(cmdline)) return cmdline
  throw new BeError('BE_CMDLINE', `kernel command line ${JSON.stringify(cmdline)}`, {
    expected:
      'ASCII characters, no ${, no word that begins with #, nor ; && or || alone: iPXE would act on them',
    hint: 'change boot.cmdline, or boot/cmdline in the boot environment',
  })
}
