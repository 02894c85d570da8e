import type { CodeEntry } from './entry.ts'

/** The inventory, and waking machines: src/machines, src/wol. */
export const MACHINES = {
  BE_CLIENT_ID: {
    exit: 'usage',
    meaning: 'This is no DHCP client identifier, or one that identifies no machine.',
  },
  BE_CLIENT_ID_TAKEN: { exit: 'failed', meaning: 'Another machine has this DHCP client identifier.' },
  BE_HOST_NAME: { exit: 'usage', meaning: 'This is no host name.' },
  BE_MACHINES_FAILED: {
    exit: 'failed',
    meaning: 'The command failed for some of the machines; the lines above say why.',
  },
  BE_MACHINE_ADDRESS: {
    exit: 'usage',
    meaning: 'The text needs a machine with an address: give it one, or let it boot once.',
  },
  BE_MACHINE_EXISTS: { exit: 'failed', meaning: 'There is a machine of this name already.' },
  BE_MACHINE_HARDWARE: { exit: 'usage', meaning: 'A machine cannot have this value in its hardware.' },
  BE_MACHINE_IP: {
    exit: 'usage',
    meaning: 'A machine cannot have this address: it is not a free one of a subnet of the lab.',
  },
  BE_MACHINE_IP_TAKEN: { exit: 'failed', meaning: 'Another machine has this address.' },
  BE_MACHINE_KIND: {
    exit: 'usage',
    meaning: 'There is no such kind of machine, or the machine is of another kind than the launch named.',
  },
  BE_MACHINE_MAC_TAKEN: { exit: 'failed', meaning: 'Another machine has this MAC address.' },
  BE_MACHINE_METAL: {
    exit: 'data',
    meaning: 'The machine is not virtual and has no power command, so be cannot switch it.',
  },
  BE_MACHINE_NAME: { exit: 'usage', meaning: 'A machine cannot have this name.' },
  BE_MACHINE_NEEDED: {
    exit: 'usage',
    meaning: 'Name the machine: this way to start a boot environment needs one.',
  },
  BE_MACHINE_NO_KIND: {
    exit: 'data',
    meaning: 'It is not known how to start the machine: set its kind with be machine set --kind.',
  },
  BE_MACHINE_RUNS: {
    exit: 'failed',
    meaning: 'The machine runs a boot environment: shut it down, or use -f.',
  },
  BE_MACHINE_UNKNOWN: { exit: 'data', meaning: 'There is no machine of this name or MAC address.' },
  BE_MACHINE_UUID: { exit: 'usage', meaning: 'This is no SMBIOS UUID, or one that many boards have.' },
  BE_MAC_INVALID: { exit: 'usage', meaning: 'This is no MAC address.' },
  BE_MAC_NOT_UNICAST: { exit: 'usage', meaning: 'The MAC address is that of a group, or all zeros.' },
  BE_NOT_ASSIGNED: {
    exit: 'data',
    meaning: 'The machine has no boot environment, and there is no default one for all machines.',
  },
  BE_ONCE_UNSEEN: {
    exit: 'unavailable',
    meaning: 'The machine boots without firmware, so a boot that counts once cannot be noticed.',
  },
  BE_WOL_NOT_SENT: {
    exit: 'unavailable',
    meaning: 'No magic packet could be sent: is the interface of the lab up, with its address?',
  },
  BE_WOL_NO_ANSWER: {
    exit: 'tryAgain',
    meaning: 'The magic packet was sent, but nothing came from the machine in time.',
  },
  BE_WOL_PASSWORD: { exit: 'usage', meaning: 'This is no SecureOn password for Wake-on-LAN.' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
