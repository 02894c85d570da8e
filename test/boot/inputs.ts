import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../src/be/be.ts'
import type { BootPlan } from '../../src/boot/boot-plan.ts'
import { identify } from '../../src/boot/identify.ts'
import { plan } from '../../src/boot/plan.ts'
import type { PlanInput } from '../../src/boot/plan-input.ts'

/** Clients, boot environments and a lab for tests of the plan and its rules. */

export const mac = '02:01:02:03:04:05'
export const uefi = identify({
  mac,
  xid: 7,
  vendorClass: 'PXEClient:Arch:00007:UNDI:003000',
  archType: 7,
  maxMessageSize: 1472,
})
export const bios = identify({ mac, xid: 7, vendorClass: 'PXEClient:Arch:00000:UNDI:002001', archType: 0 })
export const ipxe = identify({ mac, xid: 7, archType: 7, userClass: Buffer.from('iPXE') })
export const http = identify({ mac, xid: 7, vendorClass: 'HTTPClient:Arch:00016:UNDI:003000', archType: 16 })
export const loader = identify(
  { mac, xid: 1, vendorClass: 'PXEClient', userClass: Buffer.from('\x07FreeBSD') },
  uefi,
)
export const os = identify({ mac, xid: 9, parameterList: [1, 28, 3] })

export const freebsd: BootEnvironment = {
  name: 'head',
  path: '/ROOT/head',
  kind: 'freebsd',
  arch: 'amd64',
  release: '14.1-RELEASE',
  boots: { pxeboot: 'boot/pxeboot', loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
export const linux: BootEnvironment = {
  name: 'deb12',
  path: '/ROOT/deb12',
  kind: 'linux',
  arch: 'amd64',
  boots: { vmlinuz: 'boot/vmlinuz-6.1', initrd: 'boot/initrd.img-6.1' },
}
export const handle = Buffer.from('631083b5dea37b8f0a000000aabbccdd00112233445566778899aabb', 'hex')
export const root = { server: '192.168.2.1', path: '/ROOT/head', handle, udp: true, tcp: true }

/** FreeBSD on UEFI firmware, with nbe as the lab's DHCP server. */
export const base: PlanInput = {
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

/** The plan for `base` with these changes. */
export const planned = (change: Partial<PlanInput>): BootPlan => plan({ ...base, ...change })

/** The value of an option of the reply. */
export const option = ({ reply }: BootPlan, code: number) => reply?.options.find(([c]) => c === code)?.[1]
export const text = (result: BootPlan, code: number) => option(result, code)?.toString('latin1')

/** The rule that made a decision. */
export const ruleOf = ({ decisions }: BootPlan, part: string) => decisions.find(d => d.part === part)?.rule

/** The error code with which a boot is refused; the reply must have the network configuration and no boot file. */
export function refusalCode(change: Partial<PlanInput>): string | undefined {
  const result = planned(change)
  assert.equal(result.reply?.file, undefined, 'an address, but nothing to boot')
  assert.ok(option(result, 1), 'the network still works')
  return result.refusal?.code
}

/** What changes `base` to a Linux boot environment. */
export const linuxChange: Partial<PlanInput> = {
  be: linux,
  root: { ...root, path: '/ROOT/deb12', udp: false },
}

/** A root whose path has characters that not every text can hold. */
export const oddRoot = { ...root, path: '/Bücher und mehr/head' }
