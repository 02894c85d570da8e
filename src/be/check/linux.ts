import { bootInterfaceStanzas } from '../prepare/linux-edit.ts'
import { type Checked, type Finding, ON_NFS, prepareHint } from './finding.ts'

/** What in a Linux tree stands against a root on NFS. */
export function linuxFindings({ be, interfaces, sharedId, initrdNfs }: Checked): Finding[] {
  const hint = prepareHint(be)
  const found: Finding[] = [
    {
      code: 'BE_CLIENT_KIND',
      stops: ['bhyveload'],
      message: 'bhyveload starts FreeBSD alone',
      hint: 'start it by UEFI: be bootpxe',
    },
  ]
  const stanzas = bootInterfaceStanzas(interfaces).map(({ start, end }) =>
    interfaces.slice(start, end).trim(),
  )
  const first = stanzas.find(line => line.startsWith('iface'))
  if (first !== undefined) {
    const message = `etc/network/interfaces configures the interface that the root comes over: ${first}`
    found.push({ code: 'BE_INTERFACES_NETWORK', stops: ON_NFS, message, hint })
  }
  if (sharedId !== undefined) {
    const message = `${sharedId} would be the same on all machines that boot ${be.name}`
    found.push({ code: 'BE_MACHINE_ID_SHARED', stops: [], message, hint })
  }
  if (be.boots.vmlinuz !== undefined && be.boots.initrd === undefined) {
    const message =
      'there is no initial RAM disk: the kernel has to have its network driver and ROOT_NFS built in'
    found.push({ code: 'BE_NO_INITRD', stops: [], message, hint: 'make one: update-initramfs -c -k all' })
  }
  if (be.boots.initrd !== undefined && initrdNfs === undefined) {
    const message = `whether ${be.boots.initrd} mounts NFS cannot be seen from here`
    const hint =
      'lsinitramfs or lsinitrd shows it: it needs nfsmount or mount.nfs (for xz, lz4: install that here)'
    found.push({ code: 'BE_INITRD_UNSEEN', stops: [], message, hint })
  }
  if (initrdNfs === false) {
    found.push({
      code: 'BE_INITRD_NO_NFS',
      stops: ON_NFS,
      message: `${be.boots.initrd} cannot mount NFS`,
      hint: 'Debian: MODULES=most in etc/initramfs-tools/initramfs.conf, then update-initramfs -u; dracut: --add nfs',
    })
  }
  return found
}
