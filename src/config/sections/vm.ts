import * as v from 'valibot'
import { isInterfaceName } from '../../machines/hardware.ts'
import { key, type Section } from '../key.ts'
import { number, oneOf, path, text } from '../values.ts'

/** Settings of the table [vm]. */
export const vm = {
  'vm.bridge': key(
    'text',
    v.optional(text('an interface name of at most 15 characters', isInterfaceName)),
    "Bridge that virtual machines are connected to; if not set, the lab's interface if that is a bridge, else a bridge that is created. FreeBSD 15 adds no interface that has an address to a bridge: create the bridge yourself there, and give it the address.",
    'bridge0',
  ),
  'vm.memory': key(
    'number',
    v.optional(number(16, 1_048_576), 1024),
    'Memory of a virtual machine that has no setting of its own, in MiB.',
    '1024',
  ),
  'vm.cpus': key(
    'number',
    v.optional(number(1, 128), 1),
    'Number of processors of a virtual machine that has no setting of its own.',
    '1',
  ),
  'vm.firmware': key(
    'text',
    v.optional(oneOf(['auto', 'uefi', 'bios']), 'auto'),
    'Firmware of a virtual machine that has no setting of its own. auto: UEFI, unless the boot environment can only be booted by BIOS.',
    'auto',
  ),
  'vm.accel': key(
    'text',
    v.optional(oneOf(['auto', 'kvm', 'tcg']), 'auto'),
    'How QEMU runs virtual machines. auto: by KVM if /dev/kvm can be used, else by emulation (tcg).',
    'auto',
  ),
  'vm.cpu': key(
    'text',
    v.optional(
      text('a CPU model of QEMU, as host or qemu64', value => /^[a-z0-9][\w.+=,-]*$/i.test(value)),
      'host',
    ),
    'CPU model of QEMU that virtual machines get under KVM.',
    'host',
  ),
  'vm.tab': key(
    'text',
    v.optional(path),
    'Table of the virtual machines that start with the host.',
    '/usr/local/etc/vmtab',
  ),
} as const satisfies Section<'vm'>
