import assert from 'node:assert/strict'
import type { BootPlan } from '../../src/boot/boot-plan.ts'
import { ipxeScript } from '../../src/boot/texts/ipxe-script.ts'
import { machineFile } from '../../src/boot/texts/machine-file.ts'
import { BeError } from '../../src/errors/errors.ts'
import {
  base,
  bios,
  freebsd,
  http,
  ipxe,
  linuxChange,
  loader,
  os,
  planned,
  refusalCode,
  root,
  ruleOf,
  text,
  uefi,
} from './inputs.ts'

describe('boot/plan', () => {
  describe('FreeBSD, as the DHCP authority', () => {
    it('hands over by NFS when the host answers on UDP: root-path as ip:/path, variables in 246', () => {
      const result = planned({ client: loader })
      assert.equal(result.handoff, 'nfs')
      assert.equal(text(result, 17), '192.168.2.1:/ROOT/head')
      assert.equal(
        text(result, 246),
        'boot.nfsroot.options=nolockd;nfs.read_size=1344;nbe.be=head;nbe.machine=m1',
      )
      assert.equal(result.reply?.file, undefined)
    })

    it('hands our handle over by DHCP when the host does not answer on UDP', () => {
      const result = planned({ client: loader, root: { ...root, udp: false } })
      assert.equal(result.handoff, 'tftp')
      assert.equal(text(result, 17), 'tftp://192.168.2.1/be/head')
      assert.equal(
        text(result, 246),
        'boot.nfsroot.nfshandle=X631083b5dea37b8f0a000000aabbccdd00112233445566778899aabbX;' +
          'boot.nfsroot.nfshandlelen=28;boot.nfsroot.server=192.168.2.1;boot.nfsroot.options=nolockd;' +
          'nbe.be=head;nbe.machine=m1',
      )
    })

    it('gives HTTP firmware a URL of its own tree, 60 echoed, and the handle in loader.conf.local', () => {
      const result = planned({ client: http })
      const url = 'http://192.168.2.1:8080/m/02-01-02-03-04-05/boot/loader.efi'
      assert.equal(result.handoff, 'http')
      assert.deepEqual([result.reply?.file, text(result, 67), text(result, 60)], [url, url, 'HTTPClient'])
      const conf = machineFile(
        { ...base, client: { ...http, ip: '192.168.2.100' } },
        'boot/loader.conf.local',
      )
      assert.match(conf!, /^boot\.netif\.hwaddr="02:01:02:03:04:05"\nboot\.netif\.ip="192\.168\.2\.100"\n/)
      assert.match(conf!, /boot\.nfsroot\.nfshandlelen="28"/)
      assert.equal(machineFile(base, 'boot/loader.conf.local'), undefined, 'not for who comes by PXE')
    })

    it('passes everything as loader arguments through iPXE when told to', () => {
      const first = planned({ handoff: 'arguments' })
      assert.equal(first.reply?.file, 'ipxe.efi')
      const second = planned({ handoff: 'arguments', client: ipxe })
      assert.equal(second.reply?.file, 'http://192.168.2.1:8080/m/02-01-02-03-04-05/boot.ipxe')
      const script = ipxeScript({ ...base, client: ipxe })
      assert.match(script, /^#!ipxe\n/)
      assert.match(
        script,
        /kernel tftp:\/\/192\.168\.2\.1\/be\/head\/boot\/loader\.efi loader\.efi ipaddr=\$\{netX\/ip\} netmask=\$\{netX\/netmask\} gatewayip=192\.168\.2\.254 serverip=192\.168\.2\.1 rootpath=192\.168\.2\.1:\/ROOT\/head boot\.nfsroot\.options=nolockd/,
      )
    })

    it('sends a loader only what it reads, and a running system its network and nothing to boot', () => {
      const codes = (result: BootPlan) => result.reply?.options.map(([code]) => code)
      assert.deepEqual(codes(planned({ client: loader })), [1, 3, 12, 17, 246])
      assert.deepEqual(codes(planned({ client: os })), [1, 3, 12, 6, 15, 28])
      assert.equal(planned({ client: os }).reply?.file, undefined)
    })
  })

  describe('Linux', () => {
    it('goes through iPXE with kernel, initrd and root on the command line', () => {
      assert.equal(planned({ ...linuxChange, client: uefi }).reply?.file, 'ipxe.efi')
      assert.equal(planned({ ...linuxChange, client: bios }).reply?.file, 'undionly.kpxe')
      assert.equal(planned({ ...linuxChange, client: http }).reply?.file, 'http://192.168.2.1:8080/ipxe.efi')
      assert.match(planned({ ...linuxChange, client: ipxe }).reply!.file!, /\/boot\.ipxe$/)
      assert.equal(
        ipxeScript({ ...base, ...linuxChange }),
        [
          '#!ipxe',
          '# deb12 for m1',
          'kernel http://192.168.2.1:8080/be/deb12/boot/vmlinuz-6.1 initrd=initrd.img root=/dev/nfs ' +
            // biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
            'nfsroot=192.168.2.1:/ROOT/deb12,vers=3,tcp,nolock ' +
            'ip=${netX/ip}::${netX/gateway}:${netX/netmask}:m1::none BOOTIF=01-${netX/mac:hexhyp} rw ' +
            // biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
            'nbe.be=deb12 nbe.machine=m1 console=ttyS0',
          'initrd --name initrd.img http://192.168.2.1:8080/be/deb12/boot/initrd.img-6.1',
          'boot',
          '',
        ].join('\n'),
      )
    })
  })

  describe('beside another DHCP server', () => {
    it('never answers a FreeBSD loader or a running system: a proxy offer sends the loader to RARP', () => {
      assert.equal(planned({ mode: 'proxy', client: loader }).reply, undefined)
      assert.equal(planned({ mode: 'proxy', client: os }).reply, undefined)
    })
  })

  describe('what cannot boot', () => {
    it('is refused by name, with an address all the same', () => {
      assert.equal(refusalCode({ be: { ...freebsd, kind: 'flat', boots: {} } }), 'BE_NOT_BOOTABLE')
      assert.equal(refusalCode({ root: undefined }), 'BE_NOT_SHARED')
      assert.equal(
        refusalCode({ problem: new BeError('BE_MOUNTD_DOWN', 'mountd is silent') }),
        'BE_MOUNTD_DOWN',
      )
      assert.equal(refusalCode({ be: { ...freebsd, boots: {} } }), 'BE_NO_LOADER')
      assert.equal(refusalCode({ client: { ...uefi, arch: 'arm64' } }), 'BE_ARCH_MISMATCH')
      assert.equal(
        refusalCode({ be: { ...freebsd, boots: { loaderEfi: 'boot/loader.efi' } } }),
        'BE_NO_KERNEL',
      )
      assert.equal(refusalCode({ be: { ...freebsd, name: 'x'.repeat(120) } }), 'BE_FILE_NAME_LONG')
      const path = `/ROOT/${'x'.repeat(120)}`
      assert.equal(refusalCode({ client: loader, root: { ...root, path } }), 'BE_ROOT_PATH_LONG')
    })
  })

  it('names the rule behind every part', () => {
    const result = planned({ client: loader })
    assert.equal(ruleOf(result, 'boot environment'), 'assignment')
    assert.equal(ruleOf(result, 'handoff'), 'handoff')
    assert.equal(ruleOf(result, 'root-path'), 'root-path')
    assert.equal(ruleOf(planned({ client: uefi }), 'file'), 'boot-file')
    assert.equal(ruleOf(planned({ be: undefined }), 'boot'), 'assignment')
    assert.equal(ruleOf(planned({ root: undefined }), 'refused'), 'bootable')
  })

  it('gives the same answer to the same question: OFFER and ACK cannot differ', () => {
    assert.deepEqual(planned({ client: loader }), planned({ client: loader }))
  })
})
