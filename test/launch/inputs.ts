import type { PlanInput } from '../../src/boot/plan-input.ts'
import type { VmInput } from '../../src/launch/common/vm/vm.ts'
import type { Machine } from '../../src/machines/machine.ts'

/** The boot of the talk's slide 47. */
export const boot: PlanInput = {
  client: { mac: '02:01:02:03:04:05', stage: 'os', ip: '192.168.2.202', optionSpace: 312 },
  mode: 'authority',
  lab: {
    server: '192.168.2.1',
    netmask: '255.255.255.0',
    broadcast: '192.168.2.255',
    dns: [],
    httpPort: 8080,
  },
  machine: { name: 'head' },
  be: { name: 'head', path: '/ROOT/head', kind: 'freebsd', boots: { kernel: 'boot/kernel/kernel' } },
  root: {
    server: '192.168.2.1',
    path: '/ROOT/head',
    handle: Buffer.from('631083b5dea37b8f', 'hex'),
    udp: true,
    tcp: true,
  },
  readOnly: false,
  handoff: 'auto',
  nfsOptions: 'nolockd',
  loaderVariables: [],
  cmdline: '',
  ipxe: {},
}

/** A machine called head that runs it, on a FreeBSD host with a bridge of the admin's. */
export const vmInput = (more: Partial<VmInput> & { own?: Machine['hardware'] } = {}): VmInput => {
  const { own, ...rest } = more
  return {
    be: boot.be!,
    boot,
    machine: { name: 'head', mac: '02:01:02:03:04:05', ...(own && { hardware: own }) },
    host: {
      platform: 'freebsd',
      dir: '/var/db/nbe/vm/head',
      bridge: { name: 'bridge0' },
      ovmf: { code: '/fw/CODE.fd', vars: '/fw/VARS.fd' },
      bhyveFirmware: '/fw/BHYVE_UEFI.fd',
    },
    defaults: { memory: 1024, cpus: 1, firmware: 'auto' },
    ...rest,
  }
}

/** The words of an argument vector, with those that follow an option after it. */
export const valuesOf = (argv: readonly string[], option: string): string[] =>
  argv.flatMap((word, index) => (word === option ? [argv[index + 1]!] : []))
