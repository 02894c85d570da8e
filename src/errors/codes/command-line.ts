import type { CodeEntry } from './entry.ts'

/** The command line, the settings and the program itself: src/cli, src/config, src/verbs. */
export const COMMAND_LINE = {
  BE_ADDRESS_SYNTAX: {
    exit: 'config',
    meaning: 'A setting that is to be an IPv4 address is something else.',
  },
  BE_CONFIG_KEY: {
    exit: 'config',
    meaning: 'There is no setting of this name; be help settings lists those that there are.',
  },
  BE_CONFIG_MISSING: {
    exit: 'config',
    meaning: 'The configuration file that --config or NBE_CONFIG names does not exist.',
  },
  BE_CONFIG_SYNTAX: { exit: 'config', meaning: 'The configuration file is not TOML at the line given.' },
  BE_CONFIG_UNREADABLE: {
    exit: 'config',
    meaning: 'The configuration file cannot be read.',
  },
  BE_CONFIG_VALUE: {
    exit: 'config',
    meaning: 'A setting has a value of the wrong type or out of its range.',
  },
  BE_EMIT_KIND: {
    exit: 'usage',
    meaning: 'be emit does not make this kind of text, or not for this boot environment.',
  },
  BE_EXPLAIN_AS: { exit: 'usage', meaning: 'be explain knows no kind of client of this name.' },
  BE_INTERNAL: {
    exit: 'internal',
    meaning: 'A defect of be: please report it, with what NBE_TRACE=1 shows.',
  },
  BE_LAB_AMBIGUOUS: {
    exit: 'config',
    meaning: 'This host has several interfaces with IPv4: set lab.interface or lab.address.',
  },
  BE_LAB_INTERFACE: {
    exit: 'config',
    meaning: 'The interface that lab.interface names has no IPv4 address, or does not exist.',
  },
  BE_NODE_VERSION: { exit: 'unavailable', meaning: 'This version of Node is too old to run be.' },
  BE_OUTPUT: {
    exit: 'failed',
    meaning: 'Standard output cannot be written, because of a full disk for example; all else was done.',
  },
  BE_POOL: {
    exit: 'config',
    meaning: 'A pool of addresses, as lab.pool, is no range of addresses in its subnet.',
  },
  BE_ROUTER: { exit: 'config', meaning: 'The router of the lab, lab.router, is not in its subnet.' },
  BE_SUBNET: {
    exit: 'config',
    meaning: 'A further subnet of the lab overlaps another one, or one of its values is wrong.',
  },
  BE_USAGE: { exit: 'usage', meaning: 'The command line is wrong; be help shows what it takes.' },
  BE_VMTAB: { exit: 'config', meaning: 'A line of vmtab is wrong.' },
  BE_WAIT_FOR: { exit: 'usage', meaning: 'be wait knows no stage of a boot of this name.' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
