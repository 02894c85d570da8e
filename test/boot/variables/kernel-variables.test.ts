import assert from 'node:assert/strict'
import { kernelVariables, nfsrootVariables } from '../../../src/boot/variables/kernel-variables.ts'
import { base, loader } from '../inputs.ts'

describe('boot/variables/kernel-variables', () => {
  const handle = Buffer.from('631083b5dea37b8f0a00000001020304', 'hex')
  const root = { server: '192.168.2.1', path: '/ROOT/head', handle, udp: true, tcp: true }

  it('writes the handle as the kernel reads it, with its length', () => {
    assert.deepEqual(nfsrootVariables(root, 'nolockd'), [
      ['boot.nfsroot.server', '192.168.2.1'],
      ['boot.nfsroot.nfshandle', 'X631083b5dea37b8f0a00000001020304X'],
      ['boot.nfsroot.nfshandlelen', '16'],
      ['boot.nfsroot.path', '/ROOT/head'],
      ['boot.nfsroot.options', 'nolockd'],
    ])
  })

  it('has all that a kernel needs once the address is known', () => {
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
