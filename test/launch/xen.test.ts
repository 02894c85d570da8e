import assert from 'node:assert/strict'
import { render } from '../../src/launch/common/render.ts'
import { xen } from '../../src/launch/xen.ts'
import { beError } from '../support/errors.ts'
import { boot, vmInput } from './inputs.ts'

function config(input = vmInput()): string {
  const file = xen.plan(input).before.find(({ do: work }) => 'text' in work)!.do
  return 'text' in file ? file.text : ''
}

describe('launch xen', () => {
  it('HVM boots by PXE over a card that has a ROM', () => {
    const text = config(vmInput({ own: { firmware: 'bios' } }))
    assert.equal(
      text,
      [
        'name = "head"',
        'memory = 1024',
        'vcpus = 1',
        'type = "hvm"',
        'firmware = "bios"',
        'boot = "n"',
        'serial = "pty"',
        'vif = [ "mac=02:01:02:03:04:05,bridge=bridge0,type=ioemu,model=e1000" ]',
        'on_poweroff = "destroy"',
        'on_reboot = "restart"',
        'on_crash = "destroy"',
        '',
      ].join('\n'),
    )
    assert.match(
      config(vmInput({ own: { firmware: 'uefi', nic: 'virtio' } })),
      /firmware = "uefi"[\s\S]*model=virtio-net"/,
    )
    const old = { ...boot.be!, release: '5.1-RELEASE' }
    assert.match(config(vmInput({ be: old })), /model=ne2k_pci/)
  })

  it('PVH gets the tree’s kernel and its environment, separated by commas, with none in the values', () => {
    const text = config(
      vmInput({ own: { firmware: 'none' }, boot: { ...boot, nfsOptions: 'nolockd,rsize=8192' } }),
    )
    assert.match(text, /^type = "pvh"$/m)
    assert.match(text, /^kernel = "\/ROOT\/head\/boot\/kernel\/kernel"$/m)
    const [, cmdline] = /^cmdline = "(.*)"$/m.exec(text)!
    const words = cmdline!.split(',')
    assert.ok(
      words.every(word => /^[\w.]+=\S*$/.test(word)),
      cmdline,
    )
    assert.ok(words.includes('boot.nfsroot.options=nolockd:rsize=8192'))
    assert.ok(words.includes('boot.nfsroot.nfshandle=X631083b5dea37b8fX'))
    assert.match(text, /vif = \[ "mac=02:01:02:03:04:05,bridge=bridge0" \]/)
  })

  it('refuses values that xl.cfg or the command line cannot hold', () => {
    const own = { firmware: 'none' } as const
    const comma = { ...boot, loaderVariables: [['console', 'comconsole,vidconsole']] as [string, string][] }
    assert.throws(() => config(vmInput({ own, boot: comma })), beError('BE_VARIABLE', /console/))
    // FreeBSD 13 and newer split the command line at blanks too: the rest would be further variables.
    const blank = { ...boot, loaderVariables: [['nbe.note', 'a boot_single=1']] as [string, string][] }
    assert.throws(() => config(vmInput({ own, boot: blank })), beError('BE_VARIABLE', /nbe\.note/))
    const quoted = { ...boot.be!, path: '/ROOT/a"b' }
    assert.throws(() => config(vmInput({ own, be: quoted })), beError('BE_LAUNCH_TEXT', /kernel/))
    const packed = { ...boot.be!, boots: { kernel: 'boot/kernel/kernel.gz' } }
    assert.throws(() => config(vmInput({ own, be: packed })), beError('BE_LAUNCH_KIND', /not compressed/))
  })

  it('the pasted plan leaves no file behind', () => {
    assert.match(render(xen.plan(vmInput())), /\nrm -f \/var\/db\/nbe\/vm\/head\/xl\.cfg\n/)
  })

  it('is destroyed however it ended, and shut down by ACPI', () => {
    const { main, clean, powerOff } = xen.plan(vmInput())
    assert.deepEqual(main.argv, ['xl', 'create', '-F', '-c', '/var/db/nbe/vm/head/xl.cfg'])
    assert.deepEqual(
      clean!.map(({ argv }) => argv),
      [['xl', 'destroy', 'head']],
    )
    assert.deepEqual(powerOff, { what: 'shut head down', argv: ['xl', 'shutdown', '-F', 'head'] })
  })
})
