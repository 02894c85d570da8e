import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../src/be/be.ts'
import type { BootPlan } from '../../src/boot/boot-plan.ts'
import type { Client } from '../../src/boot/client.ts'
import { identify } from '../../src/boot/identify.ts'
import { plan } from '../../src/boot/plan.ts'
import type { PlanInput } from '../../src/boot/plan-input.ts'
import { ipxeScript } from '../../src/boot/texts/ipxe-script.ts'
import { machineFile } from '../../src/boot/texts/machine-file.ts'
import { kernelVariables } from '../../src/boot/variables/kernel-variables.ts'
import { BeError } from '../../src/errors/errors.ts'
import { targetPath } from '../../src/http/target.ts'
import { ipxeWords } from './texts/ipxe-words.ts'

const mac = '02:01:02:03:04:05'
const uefi = identify({
  mac,
  xid: 7,
  vendorClass: 'PXEClient:Arch:00007:UNDI:003000',
  archType: 7,
  maxMessageSize: 1472,
})
const bios = identify({ mac, xid: 7, vendorClass: 'PXEClient:Arch:00000:UNDI:002001', archType: 0 })
const ipxe = identify({ mac, xid: 7, archType: 7, userClass: Buffer.from('iPXE') })
const http = identify({ mac, xid: 7, vendorClass: 'HTTPClient:Arch:00016:UNDI:003000', archType: 16 })
const loader = identify(
  { mac, xid: 1, vendorClass: 'PXEClient', userClass: Buffer.from('\x07FreeBSD') },
  uefi,
)
const os = identify({ mac, xid: 9, parameterList: [1, 3] })

const freebsd: BootEnvironment = {
  name: 'head',
  path: '/ROOT/head',
  kind: 'freebsd',
  arch: 'amd64',
  release: '14.1-RELEASE',
  boots: { pxeboot: 'boot/pxeboot', loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
const linux: BootEnvironment = {
  name: 'deb12',
  path: '/ROOT/deb12',
  kind: 'linux',
  arch: 'amd64',
  boots: { vmlinuz: 'boot/vmlinuz-6.1', initrd: 'boot/initrd.img-6.1' },
}
const handle = Buffer.from('631083b5dea37b8f0a000000aabbccdd00112233445566778899aabb', 'hex')
const root = { server: '192.168.2.1', path: '/ROOT/head', handle, udp: true, tcp: true }
const base: PlanInput = {
  client: uefi,
  mode: 'authority',
  lab: {
    server: '192.168.2.1',
    netmask: '255.255.255.0',
    broadcast: '192.168.2.255',
    router: '192.168.2.254',
    dns: ['192.168.2.1'],
    domain: 'lab.test',
    httpPort: 8080,
  },
  machine: { name: 'm1' },
  be: freebsd,
  assignedBy: 'machine',
  root,
  readOnly: false,
  handoff: 'auto',
  nfsOptions: 'nolockd',
  loaderVariables: [],
  cmdline: 'console=ttyS0',
  ipxe: { bios: 'undionly.kpxe', amd64: 'ipxe.efi' },
}
const planned = (change: Partial<PlanInput>): BootPlan => plan({ ...base, ...change })
const option = ({ reply }: BootPlan, code: number) => reply?.options.find(([c]) => c === code)?.[1]
const text = (result: BootPlan, code: number) => option(result, code)?.toString('latin1')
const ruleOf = ({ decisions }: BootPlan, part: string) => decisions.find(d => d.part === part)?.rule

describe('boot plan', () => {
  describe('FreeBSD, as the DHCP authority', () => {
    it('sends each firmware the loader out of the boot environment itself', () => {
      assert.equal(planned({ client: uefi }).reply?.file, 'be/head/boot/loader.efi')
      assert.equal(planned({ client: bios }).reply?.file, 'be/head/boot/pxeboot')
      assert.equal(planned({ client: ipxe }).reply?.file, 'be/head/boot/loader.efi')
      assert.equal(planned({ client: uefi }).reply?.siaddr, '192.168.2.1')
    })

    it('never sends root-path to firmware: an iPXE ROM that gets one may never ask for its file', () => {
      for (const client of [uefi, bios, ipxe, http]) assert.equal(option(planned({ client }), 17), undefined)
    })

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

    it('tells iPXE not to wait for a proxy', () => {
      assert.deepEqual(option(planned({ client: ipxe }), 175), Buffer.from([176, 1, 1]))
      assert.equal(option(planned({ client: uefi }), 175), undefined)
    })

    it('sends a loader only what it reads, and a running system its network and nothing to boot', () => {
      const codes = (result: BootPlan) => result.reply?.options.map(([code]) => code)
      assert.deepEqual(codes(planned({ client: loader })), [1, 3, 12, 17, 246])
      assert.deepEqual(codes(planned({ client: os })), [1, 3, 12, 6, 15, 28])
      assert.equal(planned({ client: os }).reply?.file, undefined)
    })
  })

  describe('Linux', () => {
    const change = { be: linux, root: { ...root, path: '/ROOT/deb12', udp: false } }
    it('goes through iPXE with kernel, initrd and root on the command line', () => {
      assert.equal(planned({ ...change, client: uefi }).reply?.file, 'ipxe.efi')
      assert.equal(planned({ ...change, client: bios }).reply?.file, 'undionly.kpxe')
      assert.equal(planned({ ...change, client: http }).reply?.file, 'http://192.168.2.1:8080/ipxe.efi')
      assert.match(planned({ ...change, client: ipxe }).reply!.file!, /\/boot\.ipxe$/)
      assert.equal(
        ipxeScript({ ...base, ...change }),
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

    it('names the file that is missing when there is no iPXE to serve', () => {
      const result = planned({ ...change, ipxe: {} })
      assert.equal(result.refusal?.code, 'BE_NO_IPXE')
      assert.match(result.refusal!.line, /ipxe\.efi/)
    })
  })

  describe('beside another DHCP server', () => {
    const proxy = { mode: 'proxy' as const }
    it('offers the boot file alone, in the form that ROMs take', () => {
      const result = planned({ ...proxy, client: uefi })
      assert.equal(result.handoff, 'arguments')
      assert.equal(result.reply?.file, 'ipxe.efi')
      assert.deepEqual(
        result.reply?.options.map(([code]) => code),
        [60, 43],
      )
      assert.equal(text(result, 60), 'PXEClient')
    })

    it('never answers a FreeBSD loader or a running system: a proxy offer sends the loader to RARP', () => {
      assert.equal(planned({ ...proxy, client: loader }).reply, undefined)
      assert.equal(planned({ ...proxy, client: os }).reply, undefined)
    })

    it('says plainly that BIOS cannot work, and what to add to that DHCP server', () => {
      const result = planned({ ...proxy, client: bios })
      assert.equal(result.refusal?.code, 'BE_HANDOFF')
      assert.match(result.refusal!.line, /send root-path "192\.168\.2\.1:\/ROOT\/head"/)
      assert.equal(result.reply, undefined)
    })

    it('is silent to machines that have nothing assigned', () => {
      assert.equal(planned({ ...proxy, be: undefined, root: undefined }).reply, undefined)
    })
  })

  describe('what cannot boot', () => {
    const refused = (change: Partial<PlanInput>) => {
      const result = planned(change)
      assert.equal(result.reply?.file, undefined, 'an address, but nothing to boot')
      assert.ok(option(result, 1), 'the network still works')
      return result.refusal?.code
    }

    it('is refused by name, with an address all the same', () => {
      assert.equal(refused({ be: { ...freebsd, kind: 'flat', boots: {} } }), 'BE_NOT_BOOTABLE')
      assert.equal(refused({ root: undefined }), 'BE_NOT_SHARED')
      assert.equal(refused({ problem: new BeError('BE_MOUNTD_DEAD', 'mountd is silent') }), 'BE_MOUNTD_DEAD')
      assert.equal(refused({ be: { ...freebsd, boots: {} } }), 'BE_NO_LOADER')
      assert.equal(refused({ client: { ...uefi, arch: 'arm64' } }), 'BE_ARCH_MISMATCH')
      assert.equal(refused({ be: { ...freebsd, boots: { loaderEfi: 'boot/loader.efi' } } }), 'BE_NO_KERNEL')
      assert.equal(refused({ be: { ...freebsd, name: 'x'.repeat(120) } }), 'BE_FILE_NAME_LONG')
      const path = `/ROOT/${'x'.repeat(120)}`
      assert.equal(refused({ client: loader, root: { ...root, path } }), 'BE_ROOT_PATH_LONG')
    })

    it('is refused where a configured handoff cannot work, never replaced in silence', () => {
      assert.equal(refused({ handoff: 'http' }), 'BE_HANDOFF')
      assert.equal(refused({ handoff: 'nfs', root: { ...root, udp: false } }), 'BE_HANDOFF')
      assert.equal(refused({ handoff: 'arguments', client: bios }), 'BE_HANDOFF')
      assert.equal(
        refused({ handoff: 'arguments', be: { ...freebsd, release: '10.1-RELEASE' } }),
        'BE_HANDOFF',
      )
      assert.equal(refused({ handoff: 'tftp', be: { ...freebsd, release: '10.1-RELEASE' } }), 'BE_HANDOFF')
    })

    it('is refused when the reply would be cut at 312 bytes, naming what to shorten', () => {
      const loaderVariables: [string, string][] = [['comconsole_speed', '1'.repeat(200)]]
      assert.equal(refused({ client: loader, loaderVariables }), 'BE_REPLY_TOO_LONG')
      const line = planned({ client: loader, loaderVariables }).refusal!.line
      assert.match(line, /needs \d+ bytes of options \(option 24\d \d+.*at most 312/)
      const roomy: Client = { ...loader, optionSpace: 1236 }
      assert.equal(planned({ client: roomy, loaderVariables }).refusal, undefined)
    })

    it('fits exactly at 312 bytes, and not at 313', () => {
      const size = (length: number) =>
        planned({ client: loader, loaderVariables: [['v', 'x'.repeat(length)]] }).refusal?.code
      const longest = Array.from({ length: 255 }, (_, n) => n)
        .filter(n => size(n) === undefined)
        .at(-1)!
      const options = planned({ client: loader, loaderVariables: [['v', 'x'.repeat(longest)]] }).reply!
        .options
      const bytes = 4 + 3 + 6 + 6 + options.reduce((sum, [, value]) => sum + 2 + value.length, 0) + 1
      assert.ok(bytes <= 312 && bytes >= 310, `${bytes}`)
      assert.equal(size(longest + 3), 'BE_REPLY_TOO_LONG')
    })
  })

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
  describe('odd characters in paths and settings', () => {
    const odd = { ...root, path: '/Bücher und mehr/head' }
    /** What refuses the firmware's plan: early, before iPXE or a loader has been sent to fetch anything. */
    const refusal = (change: Partial<PlanInput>) => {
      const { reply, refusal } = planned(change)
      if (refusal !== undefined) assert.equal(reply?.file, undefined)
      return refusal?.line ?? 'not refused'
    }
    const deb = (change: Partial<PlanInput>) =>
      refusal({ be: linux, root: { ...root, path: '/ROOT/deb12' }, ...change })

    it('reach a loader by DHCP as they are, in UTF-8', () => {
      const result = planned({ client: loader, root: odd })
      assert.equal(String(option(result, 17)), '192.168.2.1:/Bücher und mehr/head')
      assert.equal(planned({ client: uefi, root: odd }).refusal, undefined)
    })

    it('of a path that no argument can hold: the loader reads by TFTP and is told the handle', () => {
      assert.equal(planned({ handoff: 'arguments', root: odd }).refusal, undefined)
      const words = ipxeWords(ipxeScript({ ...base, root: odd }).split('\n')[2]!)
      assert.ok(words.includes('rootpath=tftp://192.168.2.1/be/head'), words.join(' '))
      assert.ok(words.includes(`boot.nfsroot.nfshandle=X${handle.toString('hex')}X`), words.join(' '))
      assert.ok(!words.some(word => word.includes('cher')))
    })

    it("cannot stand in loader.efi's arguments, which know no quotes: refused, naming the setting", () => {
      const handoff = 'arguments'
      for (const value of ['a b', 'é', '${net0/ip}']) {
        const line = refusal({ handoff, loaderVariables: [['module_blacklist', value]] })
        assert.match(line, /module_blacklist: expected .*; change boot\.loader \[BE_VARIABLE\]/, value)
      }
      // `char var[128]` of its parse_args(): the rest would be cut off.
      const fits = (length: number) =>
        refusal({ handoff, loaderVariables: [['v', 'x'.repeat(length - 2)]], client: ipxe })
      assert.match(fits(128), /BE_VARIABLE/)
      const whole = planned({ handoff, loaderVariables: [['v', 'x'.repeat(125)]] })
      assert.equal(whole.refusal, undefined)
    })

    it('cannot all stand in the loader.conf of HTTP boot: without the path, or refused, naming the setting', () => {
      const conf = machineFile({ ...base, client: http, root: odd }, 'boot/loader.conf.local')!
      assert.ok(conf.includes('boot.nfsroot.nfshandle=') && !conf.includes('boot.nfsroot.path='), conf)
      for (const value of ['"', '$x', 'a\\', 'é']) {
        const line = refusal({ client: http, loaderVariables: [['v', value]] })
        assert.match(line, /change boot\.loader \[BE_VARIABLE\]/, value)
      }
      assert.equal(planned({ client: http, loaderVariables: [['v', 'a b']] }).refusal, undefined)
    })

    it('cannot stand in nfsroot= of a Linux kernel: refused, naming the setting', () => {
      for (const name of ['a b', 'a,b', '100%s', 'a"b', "a'b", 'é', 'a$b', 'a\\b']) {
        const line = deb({ root: { ...root, path: `/${name}/deb12` } })
        assert.match(line, /set be\.root to another directory \[BE_ROOT_PATH\]/, name)
      }
      assert.equal(deb({ root: { ...root, path: '/lab.d/a:b@c+d=e~f-g_h/deb12' } }), 'not refused')
    })

    it('of a command line that iPXE would act on: refused, naming the setting', () => {
      for (const cmdline of ['a; b # c', 'quiet ; halt', 'a && b', '|| x', '${net0/mac}', 'a\tb', 'ä']) {
        assert.match(deb({ cmdline }), /change boot\.cmdline, .*\[BE_CMDLINE\]/, cmdline)
      }
      assert.equal(deb({ cmdline: 'dyndbg="file a.c +p; file b.c +p" x=a#b $HOME 50%' }), 'not refused')
    })

    it('of a kernel file are written so that iPXE fetches that very file', () => {
      const names = { vmlinuz: 'boot/vmlinuz-6.1 #1 50%?a=${b}"ö', initrd: "boot/initrd.img;'x' [1]" }
      const script = ipxeScript({ ...base, be: { ...linux, boots: names }, root: { ...root, path: '/r' } })
      const urls = script.split('\n').flatMap(line => ipxeWords(line).filter(word => /^http:/.test(word)))
      assert.deepEqual(urls.map(targetPath), [`/be/deb12/${names.vmlinuz}`, `/be/deb12/${names.initrd}`])
    })
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings

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

describe('kernel variables', () => {
  it('are complete once the address is known', () => {
    const names = kernelVariables({ ...base, client: { ...loader, ip: '192.168.2.100' } }).map(
      ([name]) => name,
    )
    for (const needed of [
      'boot.netif.hwaddr',
      'boot.netif.ip',
      'boot.netif.netmask',
      'boot.nfsroot.server',
      'boot.nfsroot.nfshandle',
      'boot.nfsroot.nfshandlelen',
    ]) {
      assert.ok(names.includes(needed), needed)
    }
  })
})
