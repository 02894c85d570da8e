import type { CodeEntry } from './entry.ts'

/** Boot plans, boot files, launches, virtual machines and jails: src/boot, src/launch, src/verbs. */
export const BOOTS = {
  BE_ARCH_MISMATCH: {
    exit: 'unavailable',
    meaning: 'The boot environment is for another architecture than the machine or this host.',
  },
  BE_ARCH_TYPE: {
    exit: 'unavailable',
    meaning: 'The client announced a processor or firmware that there is no loader for (DHCP option 93).',
  },
  BE_ARCH_UNKNOWN: {
    exit: 'unavailable',
    meaning:
      'The processor of the default boot environment cannot be read from its kernel and loader: assign it to machines by name.',
  },
  BE_BRIDGES_BUSY: {
    exit: 'tryAgain',
    meaning: 'Another be has been connecting machines to bridges for a minute.',
  },
  BE_CMDLINE: {
    exit: 'config',
    meaning: 'The command line of the kernel has characters or words that iPXE would act on.',
  },
  BE_COMMAND_LATE: {
    exit: 'tryAgain',
    meaning: 'The command in the machine did not end in time, or did not begin.',
  },
  BE_COMMAND_LOST: {
    exit: 'tryAgain',
    meaning: 'The machine booted anew before the command ended, or the command was taken back.',
  },
  BE_COMMAND_MISSING: { exit: 'unavailable', meaning: 'The boot environment has no such program.' },
  BE_FILE_CHANGED: {
    exit: 'failed',
    meaning: 'A boot file became shorter while it was sent: replace files by renaming complete ones.',
  },
  BE_FILE_DENIED: {
    exit: 'permission',
    meaning: 'A boot file cannot be read by the user that be serve runs as.',
  },
  BE_FILE_NAME_LONG: {
    exit: 'failed',
    meaning: 'The path of the boot file is longer than a DHCP reply can hold: shorten the name.',
  },
  BE_FILE_PRIVATE: {
    exit: 'permission',
    meaning: 'The file is not for all users to read, so it is not given to the network.',
  },
  BE_FILE_UNREADABLE: { exit: 'failed', meaning: 'A boot file cannot be read.' },
  BE_FIRMWARE_MISSING: {
    exit: 'unavailable',
    meaning: 'The firmware for virtual machines is not installed on this host.',
  },
  BE_HANDOFF: {
    exit: 'failed',
    meaning: 'The loader cannot get its root in the way that boot.handoff says; "auto" chooses one.',
  },
  BE_JAILED: {
    exit: 'failed',
    meaning:
      'The boot environment has a jail that stays already, or another jail has the name that was given.',
  },
  BE_JAIL_FAILED: { exit: 'unavailable', meaning: 'The jail could not be made, or ended at once.' },
  BE_JAIL_PARAMETER: {
    exit: 'usage',
    meaning: 'This parameter of a jail cannot be set here, or not on this system.',
  },
  BE_LAUNCH_ARCH: {
    exit: 'unavailable',
    meaning: 'Virtual machines run boot environments for amd64 and i386 only.',
  },
  BE_LAUNCH_DEVICE: {
    exit: 'unavailable',
    meaning: 'This hypervisor does not have the network card or disk that the machine is to have.',
  },
  BE_LAUNCH_FIRMWARE: {
    exit: 'usage',
    meaning: 'This hypervisor does not have the firmware of the machine.',
  },
  BE_LAUNCH_KIND: {
    exit: 'unavailable',
    meaning: 'This launch loads FreeBSD kernels only, and Xen PVH none that is compressed.',
  },
  BE_LAUNCH_NO_COMMAND: { exit: 'unavailable', meaning: 'This launch cannot run a command.' },
  BE_LAUNCH_TEXT: { exit: 'config', meaning: 'A value has characters that xl.cfg cannot hold.' },
  BE_LAUNCH_UNKNOWN: { exit: 'usage', meaning: 'There is no launch of this name.' },
  BE_MACHINE_OFF: {
    exit: 'tryAgain',
    meaning: 'The machine went off while be wait waited for it, or before it was up.',
  },
  BE_NOT_BOOTABLE: { exit: 'unavailable', meaning: 'The boot environment holds no operating system.' },
  BE_NOT_JAILED: { exit: 'data', meaning: 'The boot environment runs in no jail that be jail -b made.' },
  BE_NO_BRIDGE: {
    exit: 'config',
    meaning: 'The interface that the virtual machine is to be connected to is no bridge.',
  },
  BE_NO_IPXE: { exit: 'unavailable', meaning: 'There is no iPXE for this firmware to serve: install it.' },
  BE_NO_KERNEL: { exit: 'unavailable', meaning: 'The boot environment has no kernel.' },
  BE_NO_LOADER: {
    exit: 'unavailable',
    meaning: 'The boot environment has no loader for this firmware.',
  },
  BE_ONCE_OVER: {
    exit: 'tryAgain',
    meaning: 'The boot that counted once is over, and its system did not come up.',
  },
  BE_OS_MISMATCH: {
    exit: 'unavailable',
    meaning: 'The boot environment is FreeBSD, which runs in no jail or chroot of a Linux host.',
  },
  BE_OWN_DISK: {
    exit: 'tryAgain',
    meaning: 'The machine runs the system on its own disk instead of the boot environment.',
  },
  BE_REPLY_TOO_LONG: {
    exit: 'failed',
    meaning: 'The DHCP reply does not fit what the client takes: shorten boot.loader, paths or names.',
  },
  BE_ROOT_PATH: {
    exit: 'config',
    meaning: 'The path of the boot environment cannot stand on the command line of a Linux kernel.',
  },
  BE_ROOT_PATH_LONG: {
    exit: 'failed',
    meaning: 'The root path is longer than the loader of FreeBSD takes: shorten be.root or the name.',
  },
  BE_STATE_PATH_LONG: { exit: 'config', meaning: 'state.dir is too long for the path of a socket below it.' },
  BE_TAP_TAKEN: {
    exit: 'unavailable',
    meaning: 'The tap interface of the virtual machine exists already: see who uses it, or remove it.',
  },
  BE_VARIABLE: {
    exit: 'config',
    meaning: 'A loader variable has a name or a value that the loader or the hypervisor cannot take.',
  },
  BE_VARIABLES_FULL: {
    exit: 'config',
    meaning: 'The loader variables do not fit the DHCP options for them: shorten boot.loader.',
  },
  BE_VM_FAILED: { exit: 'failed', meaning: 'The virtual machine ended with an error: see its log.' },
  BE_VM_LOST: {
    exit: 'failed',
    meaning: 'The supervisor of the virtual machine ended unexpectedly: see its log.',
  },
  BE_VM_OFF: { exit: 'unavailable', meaning: 'The virtual machine does not run on this host.' },
  BE_VM_RUNNING: { exit: 'tryAgain', meaning: 'The virtual machine runs already.' },
  BE_VM_STOP: { exit: 'tryAgain', meaning: 'The virtual machine did not stop in time: see its log.' },
  BE_WAIT_OVER: {
    exit: 'tryAgain',
    meaning: 'The machine did not come as far in its boot as be wait was told, in the time given.',
  },
} as const satisfies Record<`BE_${string}`, CodeEntry>
