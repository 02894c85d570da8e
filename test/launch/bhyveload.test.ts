import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { bhyveload } from '../../src/launch/bhyveload.ts'
import { render, shellCommand } from '../../src/launch/common/render.ts'
import { beError } from '../support/errors.ts'
import { boot, valuesOf, vmInput } from './inputs.ts'

const loadCommand = (input = vmInput()): string[] =>
  bhyveload.plan(input).load!.find(({ argv }) => argv[0] === 'bhyveload')!.argv

describe('launch bhyveload', () => {
  it('is the command line of the talk, slide 47, with what the kernel needs', () => {
    assert.equal(
      shellCommand(loadCommand()),
      [
        'bhyveload -h /ROOT/head \\',
        '  -e boot.netif.name=vtnet0 \\',
        '  -e boot.netif.hwaddr=02:01:02:03:04:05 \\',
        '  -e boot.netif.ip=192.168.2.202 \\',
        '  -e boot.netif.netmask=255.255.255.0 \\',
        '  -e boot.nfsroot.server=192.168.2.1 \\',
        '  -e boot.nfsroot.nfshandle=X631083b5dea37b8fX \\',
        '  -e boot.nfsroot.nfshandlelen=8 \\',
        '  -e boot.nfsroot.path=/ROOT/head \\',
        '  -e boot.nfsroot.options=nolockd \\',
        '  -e vfs.root.mountfrom=nfs:192.168.2.1:/ROOT/head \\',
        '  -e vfs.root.mountfrom.options=rw \\',
        '  -e nbe.be=head \\',
        '  -e nbe.machine=head \\',
        '  -m 1024 head',
      ].join('\n'),
    )
  })

  it('the plan is a script: create the tap, load, run, and undo all of it', () => {
    const commands = render(bhyveload.plan(vmInput()))
      .replaceAll(' \\\n  ', ' ')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
    assert.deepEqual(
      commands.map(line => line.replace(/^(bhyveload -h \S+).* -m/, '$1 … -m')),
      [
        'kldload -n vmm',
        'ifconfig bridge0 create',
        'ifconfig bridge0 description nbe',
        'ifconfig bridge0 up',
        'ifconfig tap1029 create',
        'ifconfig bridge0 addm tap1029',
        'ifconfig tap1029 up',
        'bhyveload -h /ROOT/head … -m 1024 head',
        'bhyve -A -H -P -w -c 1 -m 1024 -s 0,hostbridge -s 2,virtio-net,tap1029,mac=02:01:02:03:04:05 -s 31,lpc -l com1,stdio head',
        'bhyvectl --vm=head --destroy',
        'ifconfig tap1029 destroy',
        'ifconfig bridge0 destroy',
      ],
    )
  })

  it('loads and runs with the same memory, or the guest would not start', () => {
    const { load, main } = bhyveload.plan(vmInput({ own: { memory: 512, cpus: 2 } }))
    assert.deepEqual(valuesOf(load!.at(-1)!.argv, '-m'), ['512'])
    assert.deepEqual(valuesOf(main.argv, '-m'), ['512'])
    assert.deepEqual(valuesOf(main.argv, '-c'), ['2'])
  })

  it('is quoted for a shell, whatever the path contains', () => {
    const path = `/ROOT/it's $HOME "x"`
    const text = shellCommand(loadCommand(vmInput({ be: { ...boot.be!, path } })))
    const words = execFileSync('sh', ['-c', text.replace('bhyveload', "printf '%s\\n'")])
    assert.equal(words.toString().split('\n')[1], path)
  })

  it('refuses a machine without an address, whose boot would end at mountroot>', () => {
    const nowhere = { ...boot, client: { ...boot.client, ip: undefined } }
    assert.throws(() => bhyveload.plan(vmInput({ boot: nowhere })), beError('BE_MACHINE_ADDRESS'))
    assert.throws(() => bhyveload.plan(vmInput({ machine: undefined })), beError('BE_MACHINE_NEEDED'))
  })

  it('refuses what it cannot load or emulate, and names what can', () => {
    const linux = { ...boot.be!, kind: 'linux' as const }
    assert.throws(() => bhyveload.plan(vmInput({ be: linux })), beError('BE_LAUNCH_KIND', /FreeBSD/))
    const old = { ...boot.be!, release: '5.1-RELEASE' }
    assert.throws(() => bhyveload.plan(vmInput({ be: old })), beError('BE_LAUNCH_DEVICE', /--kind qemu/))
    const e1000 = bhyveload.plan(vmInput({ be: { ...boot.be!, release: '8.3-RELEASE' } }))
    assert.ok(valuesOf(e1000.main.argv, '-s').includes('2,e1000,tap1029,mac=02:01:02:03:04:05'))
    assert.ok(e1000.load!.at(-1)!.argv.includes('boot.netif.name=em0'))
  })
})
