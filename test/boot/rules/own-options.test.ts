import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../../src/be/be.ts'
import type { Client } from '../../../src/boot/client.ts'
import { identify } from '../../../src/boot/identify.ts'
import { plan } from '../../../src/boot/plan.ts'
import type { PlanInput } from '../../../src/boot/plan-input.ts'
import { parseConditionalOptions } from '../../../src/config/conditional-options.ts'

const mac = '02:01:02:03:04:05'
const vendorClass = 'PXEClient:Arch:00007:UNDI:003000'
const firmware: Client = { ...identify({ mac, xid: 7, vendorClass, archType: 7 }), ip: '10.1.0.9' }
const os: Client = {
  ...identify({ mac, xid: 9, parameterList: [1, 28], userClass: Buffer.from('\x03lab') }),
  ip: '10.1.0.9',
}
const be: BootEnvironment = {
  name: 'head',
  path: '/ROOT/head',
  kind: 'freebsd',
  arch: 'amd64',
  boots: { loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
const base: PlanInput = {
  client: os,
  mode: 'authority',
  lab: {
    server: '10.1.0.1',
    netmask: '255.255.255.0',
    broadcast: '10.1.0.255',
    dns: ['10.1.0.1'],
    httpPort: 80,
  },
  machine: { name: 'M1' },
  be,
  assignedBy: 'machine',
  root: { server: '10.1.0.1', path: be.path, handle: Buffer.alloc(28), udp: true, tcp: true },
  readOnly: false,
  handoff: 'auto',
  nfsOptions: '',
  loaderVariables: [],
  cmdline: '',
  ipxe: {},
}

/** The values of option 26, or another, that these items give to a client. */
function given(items: string[], more: Partial<PlanInput> = {}, code = 26): string[] {
  const { reply } = plan({ ...base, ...more, conditionalOptions: parseConditionalOptions(items) })
  return (reply?.options ?? []).filter(([known]) => known === code).map(([, value]) => value.toString('hex'))
}

describe('boot/rules/own-options', () => {
  for (const [condition, client, holds] of [
    ['stage=os', os, true],
    ['stage=os', firmware, false],
    ['arch=amd64', firmware, true],
    ['arch=arm64', firmware, false],
    ['vendor=PXEClient', firmware, true],
    ['vendor=PXEClient', os, false],
    ['user=lab', os, true],
    ['user=lab', firmware, false],
    ['machine=m1', os, true],
    ['machine=m2', os, false],
    ['machine=02-01-02-03-04-05', os, true],
    ['subnet=10.1.0.0/24', os, true],
    ['subnet=10.1.1.0/24', os, false],
    ['stage=os subnet=10.1.0.0/24 machine=m1', os, true],
    ['stage=os subnet=10.1.1.0/24 machine=m1', os, false],
  ] as const) {
    it(`${condition} is ${holds ? '' : 'not '}for ${client.stage}`, () => {
      assert.deepEqual(given([`${condition} interface-mtu=9000`], { client }), holds ? ['2328'] : [])
    })
  }

  it('of two for one client the last counts, and each code goes out once', () => {
    const items = ['interface-mtu=9000', 'stage=os interface-mtu=1400']
    assert.deepEqual(given(items), ['0578'])
    assert.deepEqual(given(items, { client: firmware }), ['2328'])
  })

  it("takes the place of the lab's own setting, and never of what a boot needs", () => {
    assert.deepEqual(given(['domain-name-servers=9.9.9.9'], {}, 6), ['09090909'])
    const loader = identify({ mac, xid: 1, vendorClass: 'PXEClient' }, firmware)
    const [path] = given(['root-path=/elsewhere'], { client: loader }, 17)
    assert.equal(Buffer.from(path!, 'hex').toString(), '10.1.0.1:/ROOT/head')
  })

  it('reaches a machine that boots nothing, or may not, and no client of another DHCP server', () => {
    assert.deepEqual(given(['interface-mtu=9000'], { client: firmware, be: undefined }), ['2328'])
    assert.deepEqual(given(['interface-mtu=9000'], { client: firmware, root: undefined }), ['2328'])
    assert.deepEqual(given(['interface-mtu=9000'], { client: firmware, mode: 'proxy' }), [])
  })

  it('is shown by be explain with its rule', () => {
    const { decisions } = plan({
      ...base,
      conditionalOptions: parseConditionalOptions(['stage=os interface-mtu=9000']),
    })
    assert.ok(
      decisions.some(
        ({ part, value, rule }) => `${part} ${value} ${rule}` === 'option 26 0x2328 own-options',
      ),
    )
  })

  it('counts against the option space that the client has', () => {
    const loader = identify({ mac, xid: 1, vendorClass: 'PXEClient' }, firmware)
    const text = `domain-name=${'x'.repeat(250)}`
    assert.equal(
      plan({ ...base, client: loader, conditionalOptions: parseConditionalOptions([text]) }).refusal?.code,
      'BE_REPLY_TOO_LONG',
    )
  })
})
