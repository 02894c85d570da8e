import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../../src/be/be.ts'
import { identify } from '../../../src/boot/identify.ts'
import { plan } from '../../../src/boot/plan.ts'
import type { PlanInput } from '../../../src/boot/plan-input.ts'
import { ipxeScript } from '../../../src/boot/texts/ipxe-script.ts'
import { kernelVariables } from '../../../src/boot/variables/kernel-variables.ts'

const be: BootEnvironment = {
  name: 'head',
  path: '/ROOT/head',
  kind: 'freebsd',
  arch: 'amd64',
  release: '14.1-RELEASE',
  boots: { loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
const callback = { url: 'http://192.168.2.1:8080/s', session: 'abcdefghijklmnopqrstuv' }
const base: PlanInput = {
  client: identify({
    mac: '02:01:02:03:04:05',
    xid: 1,
    vendorClass: 'PXEClient',
    userClass: Buffer.from('\x07FreeBSD'),
  }),
  mode: 'authority',
  lab: {
    server: '192.168.2.1',
    netmask: '255.255.255.0',
    broadcast: '192.168.2.255',
    dns: [],
    httpPort: 8080,
  },
  machine: { name: 'm1' },
  be,
  assignedBy: 'once',
  root: { server: '192.168.2.1', path: '/ROOT/head', handle: Buffer.alloc(28, 7), udp: true, tcp: true },
  readOnly: true,
  handoff: 'auto',
  nfsOptions: 'nolockd',
  loaderVariables: [],
  cmdline: '',
  callback,
  ipxe: { amd64: 'ipxe.efi' },
}

/** The variables that a loader sets from the reply. */
function variables(change: Partial<PlanInput>): Map<string, string> {
  const pairs = plan({ ...base, ...change })
    .reply!.options.filter(([code]) => code >= 246)
    .flatMap(([, value]) => value.toString('latin1').split(';'))
  return new Map(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

const PAIRS = ['nbe.url=http://192.168.2.1:8080/s', 'nbe.session=abcdefghijklmnopqrstuv']

describe('boot/rules/call-back', () => {
  it('reaches the kernel’s environment by DHCP, beside all else, and explain shows what is sent', () => {
    const sent = variables({})
    assert.equal(sent.get('nbe.url'), callback.url)
    assert.equal(sent.get('nbe.session'), callback.session)
    assert.equal(sent.get('nbe.be'), 'head')
    const { decisions } = plan(base)
    assert.ok(decisions.some(({ part, value }) => part === 'option 246' && value.includes(PAIRS[1]!)))
  })

  it('names stay out before it does, it stays out before the boot does; a longer one never fails a boot', () => {
    const tight = { ...base.root!, udp: false }
    const sent = variables({ root: tight })
    assert.deepEqual([sent.has('nbe.session'), sent.has('nbe.be')], [true, false])
    assert.ok(sent.has('boot.nfsroot.nfshandle'))
    const own: PlanInput['loaderVariables'] = [['filler', 'x'.repeat(40)]]
    const { reply, callback: left } = plan({ ...base, root: tight, loaderVariables: own })
    assert.ok(reply!.options.length > 0)
    assert.match(left && 'leftOut' in left ? left.leftOut : '', /bytes of options, and may have 312/)
    const without = variables({ root: tight, loaderVariables: own })
    assert.deepEqual([without.has('nbe.session'), without.has('nbe.be')], [false, true])
    assert.equal(without.get('filler')?.length, 40)
  })

  it('stands in the texts of the other handoffs, and in none without one', () => {
    for (const pair of PAIRS) {
      assert.ok(ipxeScript(base).includes(` ${pair}`), pair)
      const linux = { ...be, kind: 'linux' as const, boots: { vmlinuz: 'boot/vmlinuz' } }
      assert.ok(ipxeScript({ ...base, be: linux }).includes(` ${pair}`), pair)
      assert.ok(kernelVariables(base).some(([name, value]) => `${name}=${value}` === pair))
    }
    assert.ok(!ipxeScript({ ...base, callback: undefined }).includes('nbe.url'))
    assert.ok(!variables({ callback: undefined }).has('nbe.url'))
  })

  it('says that the boot is this once', () => {
    assert.ok(plan(base).decisions.some(({ value }) => value === 'head (this once)'))
    assert.equal(plan(base).assignedBy, 'once')
  })
})
