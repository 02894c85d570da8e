import type { Command } from 'commander'
import { DISK_BUSES, FIRMWARES, NICS } from '../../machines/hardware.ts'
import { MACHINE_KINDS } from '../../machines/machine.ts'

/** Adds the options of `be machine add` and `set`, one for each field of a machine besides its name and MAC. */
export const fieldOptions = (verb: Command): Command =>
  verb
    .option('--ip <address>', 'address reserved for it')
    .option('--host <name>', 'host name that DHCP tells it (default: its name)')
    .option('--uuid <uuid>', 'SMBIOS UUID')
    .option('--client-id <id>', 'DHCP client identifier (option 61): 0x00aabb, or text')
    .option('--password <password>', 'SecureOn password for Wake-on-LAN')
    .option('--kind <kind>', MACHINE_KINDS.join(', '))
    .option('--memory <MiB>', 'of a virtual machine (default: vm.memory)')
    .option('--cpus <count>', 'of a virtual machine (default: vm.cpus)')
    .option('--firmware <firmware>', `${FIRMWARES.join(', ')}; none: the host loads the kernel`)
    .option('--bridge <interface>', 'that a virtual machine is plugged into (default: vm.bridge)')
    .option('--nic <model>', `${NICS.join(', ')} (default: what the release has a driver for)`)
    .option('--disk <path>', 'image or volume that a virtual machine has as its disk')
    .option('--disk-bus <bus>', `${DISK_BUSES.join(', ')} (default: what the release has a driver for)`)
    .option('--power <command>', 'switches it on, in the place of Wake-on-LAN')
    .option('--power-status <command>', 'prints whether it is on or off')
