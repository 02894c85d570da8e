import type { Command } from 'commander'
import { BeError } from '../errors/errors.ts'
import {
  DISK_BUSES,
  FIRMWARES,
  HARDWARE_KEYS,
  type Hardware,
  type HardwareOptions,
  NICS,
  parseHardware,
} from '../machines/hardware.ts'
import { MACHINE_KINDS, type Machine } from '../machines/machine.ts'
import { common, out, table, tellDone, withAppliance } from './session.ts'

export function machine(be: Command): Command {
  const verb = be.command('machine').description('the machines of the lab: add, set, list, remove')
  add(verb)
  set(verb)
  list(verb)
  remove(verb)
  return verb
}

type Options = HardwareOptions & {
  mac?: string
  ip?: string
  host?: string
  uuid?: string
  password?: string
  kind?: string
  clientId?: string
}

/** What can be said of a machine beyond its name and MAC. */
const described = (verb: Command): Command =>
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

const add = (verb: Command): Command =>
  described(verb.command('add <name> <mac>').description('make a machine known')).action(
    (name: string, mac: string, options: Options, command: Command) =>
      withAppliance(command, async appliance => {
        const { own, words } = parted(options)
        const hardware = parseHardware(words)
        const more = Object.keys(hardware).length === 0 ? {} : { hardware }
        const added = appliance.addMachine({ ...own, name, mac, ...more })
        told(command, 'added', added)
      }),
  )

const set = (verb: Command): Command =>
  described(
    verb
      .command('set <machine>')
      .description('change what is known of a machine; - takes a value back')
      .option('--mac <mac>', 'its MAC address'),
  ).action((name: string, options: Options, command: Command) =>
    withAppliance(command, async appliance => {
      const { own, words } = parted(options)
      if (Object.keys({ ...own, ...words }).length === 0) throw nothing(name)
      const before = appliance.inventory.find(name).hardware
      const hardware = changed({ ...before, ...parseHardware(withoutTaken(words)) }, words)
      const changes = { ...withUndefined(own), ...(Object.keys(words).length > 0 && { hardware }) }
      const machine = appliance.setMachine(name, changes)
      told(command, 'changed', machine)
    }),
  )

/** Hardware apart from the rest; settings of be.toml, which every command takes, are neither. */
function parted(options: Options): { own: Omit<Options, keyof HardwareOptions>; words: HardwareOptions } {
  const pick = (keys: readonly string[]) =>
    Object.fromEntries(Object.entries(options).filter(([key]) => keys.includes(key)))
  const own = pick(['mac', 'ip', 'host', 'uuid', 'clientId', 'password', 'kind'])
  return { own, words: pick(HARDWARE_KEYS) }
}

const TAKEN_BACK = '-'

const withoutTaken = (words: HardwareOptions): HardwareOptions =>
  Object.fromEntries(Object.entries(words).filter(([, value]) => value !== TAKEN_BACK))

/** Hardware less what was taken back; undefined when nothing is left. */
function changed(hardware: Hardware, words: HardwareOptions): Hardware | undefined {
  const left = Object.entries(hardware).filter(([key]) => words[key as keyof Hardware] !== TAKEN_BACK)
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

/** A MAC stays as it was written: a machine has one. */
const withUndefined = (own: Record<string, string | undefined>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(own).map(([key, value]) => [
      key,
      value === TAKEN_BACK && key !== 'mac' ? undefined : value,
    ]),
  )

const nothing = (name: string): BeError =>
  new BeError('BE_USAGE', `nothing to change of ${name}`, {
    expected: 'a field and its value, as --ip 192.168.2.7',
    hint: 'see be help machine set',
    exit: 'usage',
  })

/** All but its password, which is a secret. */
const told = (command: Command, what: string, { password: _, ...machine }: Machine): void =>
  tellDone(command, machine, `${what} ${machine.name} (${machine.mac})`)

const list = (verb: Command): Command =>
  verb
    .command('list')
    .alias('ls')
    .description('machines, their addresses and what they boot')
    .action((_: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { json, scripted } = common(command)
        const all = appliance.machines()
        if (json) return out(JSON.stringify(all, null, 2))
        const rows = all.map(({ name, mac, ip, host, be, rule }) => [
          name,
          mac,
          ip ?? '-',
          host ?? '-',
          be === undefined ? '-' : rule === 'default' ? `${be} (default)` : be,
        ])
        out(table(rows, ['MACHINE', 'MAC', 'ADDRESS', 'HOST', 'BOOTS'], scripted))
      }),
    )

const remove = (verb: Command): Command =>
  verb
    .command('remove <machine>')
    .alias('rm')
    .description('forget a machine and what it was to boot')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const gone = appliance.removeMachine(name)
        told(command, 'removed', gone)
      }),
    )
