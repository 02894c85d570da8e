import * as v from 'valibot'
import { parseSshUrl } from '../host/ssh-url.ts'
import { isInterfaceName } from '../machines/hardware.ts'
import { parseConditionalOption } from './conditional-options.ts'
import { isSubnetText, SUBNET_FORM } from './other-subnets.ts'
import { isAddress, parseSubnet } from './subnet.ts'

/**
 * Every setting, once: this table drives be.toml, flags (`lab.pool` is `--lab-pool`), environment
 * (`NBE_LAB_POOL`), `be help`, and the sample configuration. A schema's message is what the error
 * names as expected.
 */

/** `list`: items without blanks; `lines`: items with them. A flag parts the one by commas, the other by `;`. */
type Kind = 'text' | 'number' | 'boolean' | 'list' | 'lines'

interface Key<S extends v.GenericSchema = v.GenericSchema> {
  kind: Kind
  schema: S
  /** One line for people; also the comment in the sample. */
  doc: string
  /** What is used when nothing is said, for people; the sample shows it commented out. */
  shown: string
}

const key = <S extends v.GenericSchema>(kind: Kind, schema: S, doc: string, shown = ''): Key<S> => ({
  kind,
  schema,
  doc,
  shown,
})

const text = (expected: string, check: (value: string) => boolean) =>
  v.pipe(v.string(expected), v.check(check, expected))

const number = (low: number, high: number) => {
  const expected = `a whole number from ${low} to ${high}`
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(low, expected),
    v.maxValue(high, expected),
  )
}

const oneOf = <const T extends readonly string[]>(values: T) => v.picklist(values, values.join(' or '))

const path = text('an absolute path', value => /^\/\P{Cc}*$/u.test(value))
const address = text('an IPv4 address, as 192.168.2.1', isAddress)
const port = number(1, 65535)
const cidr = text(
  'a network, as 192.168.2.0/24',
  value =>
    /^(\d+\.){3}\d+\/\d+$/.test(value) &&
    isAddress(value.split('/')[0]!) &&
    Number(value.split('/')[1]) <= 32,
)
const variable = text('name=value', value => /^[A-Za-z_][A-Za-z0-9_.-]*=[\x20-\x7e]*$/.test(value))

export const KEYS = {
  'lab.interface': key(
    'text',
    v.optional(text('an interface name', value => /^[A-Za-z0-9_.:-]{1,32}$/.test(value))),
    'Interface that faces the lab; its first IPv4 address is used.',
    'em0',
  ),
  'lab.address': key(
    'text',
    v.optional(
      text("this host's address with prefix, as 192.168.2.1/24", value => parseSubnet(value) !== undefined),
    ),
    "This host's address in the lab, with prefix; machines boot from it.",
    '192.168.2.1/24',
  ),
  'lab.pool': key(
    'text',
    v.optional(
      text('first and last address, as 192.168.2.100-192.168.2.199', value => {
        const ends = value.split('-')
        return ends.length === 2 && ends.every(isAddress)
      }),
    ),
    'Addresses for machines without one of their own; none: only machines with an address are served.',
    '192.168.2.100-192.168.2.199',
  ),
  'lab.router': key('text', v.optional(address), 'Default gateway handed to machines.', '192.168.2.1'),
  'lab.dns': key('list', v.optional(v.array(address), []), 'Name servers handed to machines.', '192.168.2.1'),
  'lab.domain': key(
    'text',
    v.optional(text('a domain name', value => /^[A-Za-z0-9.-]{1,100}$/.test(value))),
    'Domain name handed to machines.',
    'lab.example.org',
  ),
  'dhcp.mode': key(
    'text',
    v.optional(oneOf(['proxy', 'authority', 'off']), 'proxy'),
    "authority: be the lab's DHCP server; proxy: only add boot answers beside the one that is there.",
    'proxy',
  ),
  'dhcp.authoritative': key(
    'boolean',
    v.optional(v.boolean('true or false'), false),
    'As the authority, start even where another DHCP server answers.',
    'false',
  ),
  'dhcp.probe': key(
    'boolean',
    v.optional(v.boolean('true or false'), false),
    'Find out whether a host uses an address that was just offered; no answer waits for it.',
    'false',
  ),
  'dhcp.port': key(
    'number',
    v.optional(port, 67),
    'UDP port of the DHCP server; clients answer on the next.',
    '67',
  ),
  'dhcp.lease': key(
    'number',
    v.optional(number(60, 31_536_000), 604_800),
    'Seconds that a lease lasts. A kernel with its root on NFS never renews: longer than a machine runs.',
    '604800',
  ),
  'dhcp.subnets': key(
    'lines',
    v.optional(v.array(text(SUBNET_FORM, isSubnetText)), []),
    "Networks that are served too: behind relay agents, or, with this host's address=, on further interfaces.",
    '10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199',
  ),
  'dhcp.options': key(
    'lines',
    v.optional(
      v.array(
        v.pipe(
          v.string('text'),
          v.check(
            item => typeof parseConditionalOption(item) !== 'string',
            ({ input }) => String(parseConditionalOption(input)),
          ),
        ),
      ),
      [],
    ),
    'Options for a class of clients: conditions (stage, arch, vendor, user, machine, subnet), then the option. Of two the last counts; what a boot needs is not overridden.',
    'stage=os ntp-servers=192.168.2.1',
  ),
  'tftp.port': key('number', v.optional(port, 69), 'UDP port of the TFTP server.', '69'),
  'tftp.transfers': key(
    'number',
    v.optional(number(1, 60_000), 2000),
    'TFTP transfers at once, in all; requests beyond wait for their next try.',
    '2000',
  ),
  'tftp.perclient': key(
    'number',
    v.optional(number(1, 60_000), 64),
    'TFTP transfers at once for one address; a further one ends the one that was silent for longest.',
    '64',
  ),
  'tftp.blksize': key(
    'number',
    v.optional(number(512, 65_464), 1468),
    'Largest TFTP block that is agreed to, in bytes; 1468 fills an Ethernet frame.',
    '1468',
  ),
  'tftp.window': key(
    'number',
    v.optional(number(1, 65_535), 64),
    'Largest TFTP window that is agreed to, in blocks.',
    '64',
  ),
  'tftp.cache': key(
    'number',
    v.optional(number(1, 65_536), 64),
    'Memory for files that are being sent by TFTP, in megabytes.',
    '64',
  ),
  'http.port': key('number', v.optional(port, 8080), 'TCP port for UEFI HTTP boot and iPXE.', '8080'),
  'be.store': key(
    'text',
    v.optional(oneOf(['directory', 'zfs']), 'directory'),
    'How boot environments are kept: zfs: data sets below be.parent, mounted below be.root.',
    'directory',
  ),
  'be.root': key(
    'text',
    v.optional(path, '/ROOT'),
    'Directory below which each boot environment lies.',
    '/ROOT',
  ),
  'be.parent': key(
    'text',
    v.optional(text('a data set, as zroot/ROOT', value => /^[\w.:-]+(\/[\w.:-]+)*$/.test(value))),
    'Data set that boot environments lie below; also the prefix that names may carry (bd/be/test is test), any when this is not set.',
    'bd/be',
  ),
  'nfs.driver': key(
    'text',
    v.optional(oneOf(['auto', 'freebsd', 'linux', 'ganesha', 'embedded', 'none']), 'auto'),
    "Who exports: freebsd and linux are the system's own server; ganesha is started by us; embedded is be serve itself, read-only; none: somebody else, we verify and fetch handles. auto: the system's own where it is switched on, else embedded.",
    'auto',
  ),
  'nfs.host': key(
    'text',
    v.optional(
      text('a host, as ssh://root@nas or ssh://nas:2222', value => parseSshUrl(value) !== undefined),
    ),
    'Host whose NFS server is driven, by ssh with a key and without questions; this one if not set.',
    'ssh://root@nas',
  ),
  'nfs.platform': key(
    'text',
    v.optional(oneOf(['freebsd', 'linux'])),
    'System of nfs.host; asked there if not set.',
    'freebsd',
  ),
  'nfs.server': key(
    'text',
    v.optional(address),
    'Address that machines mount from; lab.address if not set.',
    '192.168.2.1',
  ),
  'nfs.network': key(
    'list',
    v.optional(v.array(cidr), []),
    "Who may mount; the lab's network if not set.",
    '192.168.2.0/24',
  ),
  'nfs.maproot': key(
    'text',
    v.optional(
      text('a user name', value => /^[a-z_][a-z0-9_-]{0,31}$/.test(value)),
      'root',
    ),
    'User that root of a machine becomes on the server; a root file system needs root.',
    'root',
  ),
  'nfs.readonly': key('boolean', v.optional(v.boolean('true or false'), false), 'Share read-only.', 'false'),
  'nfs.options': key(
    'text',
    v.optional(
      text('NFS options without blanks or semicolons', value => /^[a-z0-9=,:]*$/.test(value)),
      'nolockd',
    ),
    "FreeBSD's boot.nfsroot.options.",
    'nolockd',
  ),
  'boot.handoff': key(
    'text',
    v.optional(oneOf(['auto', 'nfs', 'tftp', 'http', 'arguments']), 'auto'),
    "How FreeBSD's loader hands the root over to the kernel; auto picks what this client and host allow.",
    'auto',
  ),
  'boot.loader': key(
    'list',
    v.optional(v.array(variable), []),
    'Loader variables for every FreeBSD machine, as name=value.',
    'console=comconsole',
  ),
  'boot.cmdline': key(
    'text',
    v.optional(
      text('one line of printable ASCII characters', value => /^[\x20-\x7e]*$/.test(value)),
      '',
    ),
    'Added to the command line of every Linux kernel.',
    'console=ttyS0',
  ),
  'boot.once': key(
    'number',
    v.optional(number(10, 86_400), 600),
    'Seconds from its first request that a machine has to come up in what it boots once (bootpxe -t).',
    '600',
  ),
  'install.mirror': key(
    'text',
    v.optional(
      text('an absolute path, or an http or https URL', value => /^(\/|https?:\/\/)/i.test(value)),
      'https://download.freebsd.org',
    ),
    'Where be install finds FreeBSD releases: a directory or a URL.',
    'https://download.freebsd.org',
  ),
  'install.cache': key(
    'number',
    v.optional(number(0, 1_000_000), 4096),
    'Megabytes of what was fetched that are kept for the next be install, in the state directory.',
    '4096',
  ),
  'vm.bridge': key(
    'text',
    v.optional(text('an interface name of at most 15 characters', isInterfaceName)),
    "Bridge that virtual machines are plugged into; the lab's interface if that is a bridge, else one that is made for them. FreeBSD 15 takes no interface with an address into one: make it yourself there, and give it the address.",
    'bridge0',
  ),
  'vm.memory': key(
    'number',
    v.optional(number(16, 1_048_576), 1024),
    'MiB of memory of a virtual machine that has no figure of its own.',
    '1024',
  ),
  'vm.cpus': key(
    'number',
    v.optional(number(1, 128), 1),
    'Processors of a virtual machine that has no figure of its own.',
    '1',
  ),
  'vm.firmware': key(
    'text',
    v.optional(oneOf(['auto', 'uefi', 'bios']), 'auto'),
    'Firmware of a virtual machine that has none of its own; auto: UEFI, unless the boot environment can only be booted by BIOS.',
    'auto',
  ),
  'vm.accel': key(
    'text',
    v.optional(oneOf(['auto', 'kvm', 'tcg']), 'auto'),
    'What QEMU runs guests by; auto: KVM where /dev/kvm can be used, else emulation.',
    'auto',
  ),
  'vm.cpu': key(
    'text',
    v.optional(
      text('a CPU model of QEMU, as host or qemu64', value => /^[a-z0-9][\w.+=,-]*$/i.test(value)),
      'host',
    ),
    'Processor that QEMU shows to guests under KVM.',
    'host',
  ),
  'vm.tab': key(
    'text',
    v.optional(path),
    'Table of the virtual machines that start with the host.',
    '/usr/local/etc/vmtab',
  ),
  'pxe.dir': key(
    'text',
    v.optional(path),
    'Your own boot files; searched before ours.',
    '/usr/local/etc/nbe/pxe',
  ),
  'exports.dir': key(
    'text',
    v.optional(path),
    'Where the fragment of each shared boot environment is written.',
    '/var/db/nbe/exports.d',
  ),
  'state.dir': key('text', v.optional(path), 'Machines, assignments, leases, session log.', '/var/db/nbe'),
  'log.format': key(
    'text',
    v.optional(oneOf(['text', 'json']), 'text'),
    'Form of the log on stderr.',
    'text',
  ),
  'log.level': key(
    'text',
    v.optional(oneOf(['debug', 'info', 'warn', 'error']), 'info'),
    'Least important event that is logged on stderr.',
    'info',
  ),
} as const satisfies Record<string, Key>

export type KeyName = keyof typeof KEYS

/** Settings by dotted name, defaults filled in. */
export type Settings = { [K in KeyName]: v.InferOutput<(typeof KEYS)[K]['schema']> }

/** `lab.pool` → `--lab-pool`. */
export const flagOf = (name: string): string => `--${name.replace('.', '-')}`

/** `lab.pool` → `NBE_LAB_POOL`. */
export const variableOf = (name: string): string => `NBE_${name.toUpperCase().replace('.', '_')}`

/** Turns what a flag or the environment said (text) into what the schema takes; be.toml has types of its own. */
export function fromText(name: KeyName, value: string): unknown {
  switch (KEYS[name].kind) {
    case 'number':
      return /^\d+$/.test(value) ? Number(value) : value
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(value)) return true
      return /^(false|no|off|0)$/i.test(value) ? false : value
    case 'list':
      return value.split(/[\s,]+/).filter(part => part !== '')
    case 'lines':
      return value
        .split(';')
        .map(part => part.trim())
        .filter(part => part !== '')
    default:
      return value
  }
}

/** The setting's value if it is right; otherwise what was expected. */
export function check(name: KeyName, value: unknown): { value: unknown } | { expected: string } {
  const { kind, schema } = KEYS[name]
  const result = v.safeParse(schema, value)
  if (result.success) return { value: result.output }
  const expected = result.issues[0].message
  return {
    expected: isList(kind) && !Array.isArray(value) ? `a list of: ${itemExpectation(name)}` : expected,
  }
}

const isList = (kind: Kind): boolean => kind === 'list' || kind === 'lines'

function itemExpectation(name: KeyName): string {
  const probe = v.safeParse(KEYS[name].schema, [false])
  return probe.success ? 'text' : probe.issues[0].message
}
