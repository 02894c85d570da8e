import type { BeError } from '../../errors/errors.ts'
import { isForPc } from '../be.ts'
import { missingToBoot } from '../missing.ts'
import { type Checked, type CheckedClient, type Finding, ON_NFS, prepareHint } from './finding.ts'
import { freebsdFindings } from './freebsd.ts'
import { fstabFindings } from './fstab.ts'
import { linuxFindings } from './linux.ts'

/** All problems that stand against booting, for any client. Pure. */
export function check(checked: Checked): Finding[] {
  const { be } = checked
  if (be.mounted === false || be.installing || be.kind === 'flat') {
    return [ofError(missingToBoot(be, 'uefi')!, [...ON_NFS, 'jail'])]
  }
  const own = be.kind === 'linux' ? linuxFindings(checked) : freebsdFindings(checked)
  return [
    ...files(checked),
    ...processor(checked),
    ...sharing(checked),
    ...writers(checked),
    ...hostKeys(checked),
    ...fstabFindings(checked),
    ...own,
  ]
}

/** An error as a finding that stops these clients. */
export const ofError = (error: BeError, stops: readonly CheckedClient[]): Finding => ({
  code: error.code,
  stops,
  message: error.expected === undefined ? error.message : `${error.message}: expected ${error.expected}`,
  hint: error.hint ?? '',
})

/** Missing loaders and kernel, by firmware. Guests whose host loads the kernel need no loader. */
function files({ be }: Checked): Finding[] {
  const uefi = missingToBoot(be, 'uefi')
  const bios = isForPc(be.arch) ? missingToBoot(be, 'bios') : undefined
  const hasNoKernel = be.boots.kernel === undefined && be.boots.vmlinuz === undefined
  if (hasNoKernel) return [{ ...ofError((uefi ?? bios)!, ON_NFS), ...noKernel(be) }]
  return [
    ...(uefi === undefined ? [] : [ofError(uefi, ['uefi', 'http'])]),
    ...(bios === undefined ? [] : [ofError(bios, ['bios'])]),
  ]
}

/** A remark only: where it is assigned to a machine itself, that boots it. */
const processor = ({ be }: Checked): Finding[] =>
  be.arch !== undefined
    ? []
    : [
        {
          code: 'BE_ARCH_UNKNOWN',
          stops: [],
          message: `the processor of ${be.name} cannot be read from its kernel and loader`,
          hint: 'as the default it boots on no machine; assign it to each',
        },
      ]

const noKernel = (be: Checked['be']) => ({
  code: 'BE_NO_KERNEL' as const,
  message: `${be.name} has no kernel`,
  hint: be.kind === 'freebsd' ? 'unpack kernel.txz into it' : 'install a kernel package in it',
})

function sharing({ be, fileSystems, share }: Checked): Finding[] {
  const found: Finding[] = []
  const [root, ...children] = fileSystems
  for (const { path, mounted } of fileSystems) {
    if (mounted) continue
    const message = `${path} is not mounted: what lies below it would be exported`
    found.push({ code: 'BE_NOT_MOUNTED', stops: [...ON_NFS, 'jail'], message, hint: `be mount ${be.name}` })
  }
  if (share === undefined) {
    const message = `${be.name} is not shared`
    found.push({ code: 'BE_NOT_SHARED', stops: ON_NFS, message, hint: `be sharenfs ${be.name}` })
  } else if (root !== undefined && share.path !== root.path) {
    const message = `${share.path} is shared, but ${be.name} is at ${root.path}`
    found.push({ code: 'BE_SHARE_MOVED', stops: ON_NFS, message, hint: `be sharenfs ${be.name}` })
  } else found.push(...notExported({ be, share }, children))
  const boot = children.find(({ inside }) => inside === 'boot' || inside.startsWith('boot/'))
  if (boot !== undefined) {
    found.push({
      code: 'BE_BOOT_APART',
      stops: ['uefi', 'bios'],
      message: `${boot.path} is a file system of its own, which a loader cannot cross into`,
      hint: 'keep boot/ in the root file system',
    })
  }
  return found
}

/** NFS gives each machine a cache of its own, and nolockd locks of its own: each overwrites what others wrote. */
const writers = ({ be, writers }: Checked): Finding[] =>
  writers.length < 2
    ? []
    : [
        {
          code: 'BE_ROOT_WRITERS',
          stops: [],
          message: `${writers.join(', ')} write to this one root, and overwrite each other's files`,
          hint: `be sharepxe --ro ${be.name}, or a clone for each: be clone`,
        },
      ]

/** Whoever is root on one of the machines could pass for each of the others. */
const hostKeys = ({ be, hostKeys, ofMany }: Checked): Finding[] =>
  hostKeys.length === 0 || !ofMany
    ? []
    : [
        {
          code: 'BE_SSHD_KEYS_SHARED',
          stops: [],
          message: `etc/ssh has ${hostKeys.join(', ')}: all machines that boot ${be.name} would have the same host keys`,
          hint:
            be.kind === 'freebsd'
              ? `remove them; each machine makes its own with ${prepareHint(be)} --ro --memory-etc`
              : 'remove them, and make others in the clone of each machine (ssh-keygen -A)',
        },
      ]

/** Children that are not exported: NFSv3 does not cross file systems, so clients see empty directories. */
function notExported(
  { be, share }: Pick<Checked, 'be' | 'share'>,
  children: Checked['fileSystems'],
): Finding[] {
  const exported = new Set(share?.children?.map(({ path }) => path))
  return children
    .filter(({ path }) => !exported.has(path))
    .map(({ path }) => ({
      code: 'BE_CHILD_NOT_EXPORTED' as const,
      stops: ON_NFS,
      message: `${path} is a file system of its own and not exported with ${be.name}`,
      hint: `share it again: be sharenfs ${be.name}`,
    }))
}

/** Whether all of these clients can boot. */
export const canBoot = (findings: readonly Finding[], clients: readonly CheckedClient[]): boolean =>
  !findings.some(({ stops }) => stops.some(client => clients.includes(client)))

/** The warnings, and what stops one of these clients. */
export const concerning = (findings: readonly Finding[], clients: readonly CheckedClient[]): Finding[] =>
  findings
    .filter(({ stops }) => stops.length === 0 || stops.some(client => clients.includes(client)))
    .map(finding => ({ ...finding, stops: finding.stops.filter(client => clients.includes(client)) }))

/** The clients that are checked by default: what firmware for this processor can be. */
export const usualClients = ({ arch, kind }: Checked['be']): CheckedClient[] =>
  isForPc(arch) && kind !== 'flat' ? ['uefi', 'bios'] : ['uefi']
