import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../../src/be/be.ts'
import { canBoot, check, concerning, usualClients } from '../../../src/be/check/check.ts'
import type { Checked } from '../../../src/be/check/finding.ts'
import { FREEBSD_12 } from '../trees.ts'

const FREEBSD: BootEnvironment = {
  ...{ name: 't', path: '/ROOT/t', kind: 'freebsd', arch: 'amd64', release: '14.1-RELEASE' },
  boots: { pxeboot: 'boot/pxeboot', loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
const LINUX: BootEnvironment = {
  ...{ name: 'd', path: '/ROOT/d', kind: 'linux', arch: 'amd64' },
  boots: { vmlinuz: 'boot/vmlinuz-6', initrd: 'boot/initrd-6' },
}
const fs = (inside: string, mounted = true) => ({ inside, path: `/ROOT/t${inside && `/${inside}`}`, mounted })

/** A tree without problems; each test breaks one thing. */
const sound = (more: Partial<Checked> = {}): Checked => ({
  be: FREEBSD,
  fileSystems: [fs('')],
  share: { path: '/ROOT/t' },
  server: '10.0.0.1',
  readOnly: true,
  nfsOptions: 'nolockd',
  fstab: '10.0.0.1:/ROOT/t / nfs ro,nolockd 0 0\n',
  rc: 'root_rw_mount="NO"\nvarmfs="YES"\ntmpmfs="YES"\nzfs_enable="NO"\n',
  ...{ loaderConf: '', interfaces: '', sharedId: undefined, initrdNfs: undefined, writers: [] },
  ...{ hostKeys: [], ofMany: false, memoryEtc: false },
  ...more,
})
const debian = (more: Partial<Checked> = {}) =>
  sound({
    ...{ be: LINUX, rc: '', readOnly: false, initrdNfs: true, share: { path: '/ROOT/d' } },
    fileSystems: [{ inside: '', path: '/ROOT/d', mounted: true }],
    fstab: '10.0.0.1:/ROOT/d / nfs rw 0 0\n',
    ...more,
  })
/** The codes of the findings, with the clients that they stop. */
const found = (checked: Checked) =>
  check(checked).map(({ code, stops }) => `${code} ${stops.join(',')}`.trim())

const ON_NFS = 'uefi,bios,http,bhyveload,xen-pvh'

describe('what would stop a boot environment from booting', () => {
  it('nothing, when all is right', () => {
    assert.deepEqual(found(sound()), [])
    assert.deepEqual(found(debian()), ['BE_CLIENT_KIND bhyveload'])
    assert.ok(canBoot(check(debian()), usualClients(LINUX)))
  })

  const BROKEN: [what: string, Partial<Checked>, ...expected: string[]][] = [
    [
      'it is half installed',
      { be: { ...FREEBSD, boots: {}, installing: true } },
      `BE_INSTALLING ${ON_NFS},jail`,
    ],
    ['it is empty', { be: { ...FREEBSD, kind: 'flat', boots: {} } }, `BE_NOT_BOOTABLE ${ON_NFS},jail`],
    ['no kernel', { be: { ...FREEBSD, boots: { pxeboot: 'boot/pxeboot' } } }, `BE_NO_KERNEL ${ON_NFS}`],
    [
      'no loader for UEFI',
      { be: { ...FREEBSD, boots: { pxeboot: 'p', kernel: 'k' } } },
      'BE_NO_LOADER uefi,http',
    ],
    [
      'no loader for BIOS',
      { be: { ...FREEBSD, boots: { loaderEfi: 'l', kernel: 'k' } } },
      'BE_NO_LOADER bios',
    ],
    ['it is not shared', { share: undefined }, `BE_NOT_SHARED ${ON_NFS}`],
    ['another path is shared', { share: { path: '/ROOT/old' } }, `BE_SHARE_MOVED ${ON_NFS}`],
    ['it is not mounted', { fileSystems: [fs('', false)] }, `BE_NOT_MOUNTED ${ON_NFS},jail`],
    ['a disk for its root', { fstab: '/dev/ada0p2 / ufs rw 1 1\n' }, `BE_FSTAB_LOCAL ${ON_NFS}`],
    ['a disk by UUID', { fstab: `${sound().fstab}UUID=1 /data ext4 rw 0 2\n` }, `BE_FSTAB_LOCAL ${ON_NFS}`],
    ['swap on a disk', { fstab: `${sound().fstab}/dev/ada0p3 none swap sw 0 0\n` }, 'BE_FSTAB_SWAP'],
    ['no line for /', { fstab: '# nothing\n' }, 'BE_FSTAB_NO_ROOT'],
    ["another one's root", { fstab: '10.0.0.1:/ROOT/s / nfs ro 0 0\n' }, `BE_FSTAB_OTHER ${ON_NFS}`],
    ['an interface', { rc: `${sound().rc}ifconfig_em0="DHCP"\n` }, `BE_RC_NETWORK ${ON_NFS}`],
    ['zfs_enable', { rc: `${sound().rc}zfs_enable="YES"\n` }, 'BE_RC_ZFS'],
    // varmfs and tmpmfs are AUTO in etc/defaults/rc.conf: in memory if not writable.
    ['a read-only root that rc.conf does not know of', { rc: '' }, `BE_RC_ROOT ${ON_NFS}`],
    ['no memory for /var', { rc: `${sound().rc}varmfs="NO"\n` }, 'BE_RC_MEMORY'],
    [
      'a line for a file system that it has not, as a clone without its children',
      {
        fstab: `${sound().fstab}10.0.0.1:/ROOT/t/usr/home /usr/home nfs rw 0 0\n10.0.0.1:/ROOT/t/x /x nfs rw,noauto 0 0\n`,
      },
      `BE_FSTAB_GONE ${ON_NFS}`,
    ],
    [
      'a root in loader.conf',
      { loaderConf: FREEBSD_12['boot/loader.conf'] as string },
      `BE_LOADER_ROOT ${ON_NFS}`,
    ],
    ['two machines that write', { readOnly: false, writers: ['m1', 'm2'] }, 'BE_ROOT_WRITERS'],
    ['sshd that has no keys', { rc: `${sound().rc}sshd_enable="YES"\n` }, 'BE_SSHD_NO_KEYS'],
    ['host keys for all', { hostKeys: ['ssh_host_rsa_key'], ofMany: true }, 'BE_SSHD_KEYS_SHARED'],
    ['a hostid for all', { sharedId: '/ROOT/t/etc/hostid' }, 'BE_HOSTID_SHARED'],
    ['no locking', { nfsOptions: '', fstab: '10.0.0.1:/ROOT/t / nfs ro 0 0\n' }, 'BE_NO_LOCKING'],
    [
      'kernel.gz',
      { be: { ...FREEBSD, boots: { ...FREEBSD.boots, kernel: 'boot/kernel/kernel.gz' } } },
      'BE_KERNEL_PACKED',
    ],
    ['10.1', { be: { ...FREEBSD, release: '10.1-RELEASE' } }, 'BE_RELEASE_OLD', 'BE_RELEASE_OLD xen-pvh'],
  ]
  for (const [what, more, ...expected] of BROKEN) {
    it(what, () => {
      const checked = sound(more)
      assert.deepEqual(found(checked), expected)
      for (const { message, hint } of check(checked)) assert.ok(message !== '' && hint !== '')
    })
  }

  it('a processor that cannot be read is a remark; what is for no PC cannot start by BIOS', () => {
    const { arch: _, ...unknown } = FREEBSD
    assert.deepEqual(found(sound({ be: unknown })), ['BE_ARCH_UNKNOWN'])
    const riscv: BootEnvironment = { ...FREEBSD, arch: 'riscv64' }
    assert.deepEqual(usualClients(riscv), ['uefi'])
    assert.ok(found(sound({ be: riscv })).includes('BE_RELEASE_OLD bhyveload,bios'))
  })

  it('sshd: keys in the tree of one machine, and keys that each makes, are no problem', () => {
    const rc = `${sound().rc}sshd_enable="YES"\n`
    for (const more of [
      { hostKeys: ['ssh_host_rsa_key'] },
      { memoryEtc: true, ofMany: true },
      { readOnly: false },
    ]) {
      assert.deepEqual(found(sound({ rc, ...more })), [], JSON.stringify(more))
    }
    const shared = debian({ hostKeys: ['ssh_host_rsa_key'], ofMany: true })
    assert.ok(found(shared).includes('BE_SSHD_KEYS_SHARED'))
  })

  it('children: exported, mounted in the guest, and boot/ not among them', () => {
    const fileSystems = [fs(''), fs('boot'), fs('usr/home')]
    const rw = { readOnly: false, rc: '', fileSystems }
    assert.deepEqual(found(sound(rw)), [
      ...[`BE_CHILD_NOT_EXPORTED ${ON_NFS}`, `BE_CHILD_NOT_EXPORTED ${ON_NFS}`, 'BE_BOOT_APART uefi,bios'],
      ...['BE_FSTAB_NO_CHILD', 'BE_FSTAB_NO_CHILD'],
    ])
    const children = fileSystems.slice(1).map(({ path }) => ({ path }))
    const fstab = `${sound().fstab}10.0.0.1:/ROOT/t/boot /boot nfs ro 0 0\n10.0.0.1:/ROOT/s/usr/home /usr/home nfs rw 0 0\n`
    assert.deepEqual(found(sound({ ...rw, fstab, share: { path: '/ROOT/t', children } })), [
      ...['BE_BOOT_APART uefi,bios', `BE_FSTAB_OTHER ${ON_NFS}`],
    ])
  })

  it('Linux: no initrd, one without NFS, ifupdown, one machine-id for all', () => {
    const { initrd: _, ...boots } = LINUX.boots
    assert.ok(found(debian({ be: { ...LINUX, boots } })).includes('BE_NO_INITRD'))
    assert.ok(found(debian({ initrdNfs: false })).includes(`BE_INITRD_NO_NFS ${ON_NFS}`))
    assert.ok(found(debian({ initrdNfs: undefined })).includes('BE_INITRD_UNSEEN'))
    assert.ok(
      found(debian({ interfaces: 'iface eth0 inet dhcp\n' })).includes(`BE_INTERFACES_NETWORK ${ON_NFS}`),
    )
    assert.ok(
      !found(debian({ interfaces: 'auto lo\niface lo inet loopback\n' }))
        .join()
        .includes('NET'),
    )
    assert.ok(found(debian({ sharedId: '/ROOT/d/etc/machine-id' })).includes('BE_MACHINE_ID_SHARED'))
    assert.ok(found(debian({ be: { ...LINUX, boots: {} } })).includes(`BE_NO_KERNEL ${ON_NFS}`))
  })

  it('only findings for the given clients are shown and decide', () => {
    const findings = check(sound({ be: { ...FREEBSD, release: '10.1-RELEASE' }, share: undefined }))
    assert.ok(canBoot(findings, ['jail']))
    assert.ok(!canBoot(findings, ['jail', 'uefi']))
    assert.deepEqual(
      concerning(findings, ['uefi']).map(({ code, stops }) => [code, ...stops]),
      [['BE_NOT_SHARED', 'uefi'], ['BE_RELEASE_OLD']],
    )
  })
})
