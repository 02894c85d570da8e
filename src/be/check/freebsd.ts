import { isYes } from '../../host/checkyesno.ts'
import { isForPc } from '../be.ts'
import { reconfiguresBootInterface, setsRoot } from '../prepare/rc-edit.ts'
import { parseFstab } from '../system/fstab.ts'
import { lastValue, parseAssignments } from '../system/rc-conf.ts'
import { type Checked, type Finding, ON_NFS, prepareHint } from './finding.ts'

/** What in a FreeBSD tree stands against a root on NFS. */
export function freebsdFindings(checked: Checked): Finding[] {
  return [
    ...network(checked),
    ...root(checked),
    ...loader(checked),
    ...(checked.sharedId === undefined ? [] : [sharedId(checked)]),
    ...sshd(checked),
    ...locking(checked),
    ...release(checked),
  ]
}

function network({ be, rc }: Checked): Finding[] {
  const hint = prepareHint(be)
  const assignments = parseAssignments(rc)
  const names = [...new Set(assignments.filter(reconfiguresBootInterface).map(({ name }) => name))]
  const found: Finding[] = names.map(name => ({
    code: 'BE_RC_NETWORK',
    stops: ON_NFS,
    message: `rc.conf sets ${name}: configuring the interface that the root comes over cuts it off`,
    hint,
  }))
  if (isYes(lastValue(assignments, 'zfs_enable'))) {
    const message = 'rc.conf has zfs_enable: pools on the disks of a machine would be mounted over the tree'
    found.push({ code: 'BE_RC_ZFS', stops: [], message, hint })
  }
  return found
}

/**
 * rc.d/root: without root_rw_mount=NO the boot fails on a read-only root. rc.d/var and rc.d/tmp: what is not writable
 * is replaced by a memory file system unless rc.conf(5) says NO.
 */
function root({ be, rc, readOnly }: Checked): Finding[] {
  if (!readOnly) return []
  const assignments = parseAssignments(rc)
  const value = (name: string) => lastValue(assignments, name)
  const hint = `${prepareHint(be)} --ro`
  const found: Finding[] = []
  const rw = value('root_rw_mount')
  if (!/^(no)?$/i.test(rw ?? 'yes')) {
    const message = 'the share is read-only, and rc.conf has no root_rw_mount="NO": rc(8) gives up'
    found.push({ code: 'BE_RC_ROOT', stops: ON_NFS, message, hint })
  }
  const denied = ['varmfs', 'tmpmfs'].filter(name => /^no$/i.test(value(name) ?? ''))
  if (denied.length > 0) {
    const message = `the share is read-only, and rc.conf says NO for ${denied.join(' and ')}: nothing can write there`
    found.push({ code: 'BE_RC_MEMORY', stops: [], message, hint })
  }
  return found
}

function loader({ be, loaderConf }: Checked): Finding[] {
  return parseAssignments(loaderConf)
    .filter(setsRoot)
    .map(({ name, value }) => ({
      code: 'BE_LOADER_ROOT',
      stops: ON_NFS,
      message: `loader.conf sets ${name}="${value ?? '…'}": the kernel would look for its root there`,
      hint: prepareHint(be),
    }))
}

const sharedId = ({ be, sharedId }: Checked): Finding => ({
  code: 'BE_HOSTID_SHARED',
  stops: [],
  message: `${sharedId} would be the same on all machines that boot ${be.name}`,
  hint: prepareHint(be),
})

/** rc.d/sshd makes the host keys that are missing, and does not start sshd when it cannot write them. */
function sshd({ be, rc, readOnly, hostKeys, memoryEtc }: Checked): Finding[] {
  const starts = isYes(lastValue(parseAssignments(rc), 'sshd_enable'))
  if (!starts || !readOnly || memoryEtc || hostKeys.length > 0) return []
  const message =
    'the tree has no ssh host keys, and sshd cannot make them on a read-only root: it does not start'
  return [{ code: 'BE_SSHD_NO_KEYS', stops: [], message, hint: `${prepareHint(be)} --ro --memory-etc` }]
}

/** Without NLM on both sides flock(2) fails: "cannot open pid file: Operation not supported". */
function locking({ be, rc, nfsOptions, fstab = '' }: Checked): Finding[] {
  const line = parseFstab(fstab).find(({ entry }) => entry?.point === '/')?.entry
  const nolockd = nfsOptions.split(/[,:]/).includes('nolockd') || line?.options.includes('nolockd')
  if (nolockd || isYes(lastValue(parseAssignments(rc), 'rpc_lockd_enable'))) return []
  const message = 'neither nolockd nor rpc_lockd_enable: daemons cannot lock their files'
  return [
    { code: 'BE_NO_LOCKING', stops: [], message, hint: `nfs.options = "nolockd", then ${prepareHint(be)}` },
  ]
}

/** Limits of older loaders and kernels (stand/efi, sys/x86/xen). */
function release({ be }: Checked): Finding[] {
  const found: Finding[] = []
  const major = Number.parseInt(be.release ?? '', 10)
  const older = (than: number) => major < than
  const say = (stops: Finding['stops'], message: string, hint: string) =>
    found.push({ code: 'BE_RELEASE_OLD', stops, message, hint })
  if (older(11)) {
    say(
      [],
      `the loader.efi of ${be.release} hears no answer through some UEFI network drivers`,
      'use a card with iPXE in its ROM, or BIOS',
    )
  }
  if (older(12) || (be.arch !== undefined && be.arch !== 'amd64')) {
    say(
      ['xen-pvh'],
      `the kernel of ${be.release ?? be.arch} does not start as a PVH guest`,
      'use an HVM guest',
    )
  }
  if (!isForPc(be.arch)) say(['bhyveload', 'bios'], `${be.name} is for ${be.arch}`, 'boot it by UEFI')
  if (be.boots.kernel?.endsWith('.gz')) {
    const message = 'there is kernel.gz alone: a loader reads it three times over'
    found.push({ code: 'BE_KERNEL_PACKED', stops: [], message, hint: 'gunzip boot/kernel/kernel.gz' })
  }
  return found
}
