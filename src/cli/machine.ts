import type { Command } from 'commander'
import { MACHINE_KINDS } from '../machines/machine.ts'
import { common, out, say, table, withAppliance } from './session.ts'

export function machine(be: Command): Command {
  const verb = be.command('machine').description('the machines of the lab: add, list, remove')
  add(verb)
  list(verb)
  remove(verb)
  return verb
}

interface AddOptions {
  ip?: string
  host?: string
  uuid?: string
  password?: string
  kind?: string
  clientId?: string
}

const add = (verb: Command): Command =>
  verb
    .command('add <name> <mac>')
    .description('make a machine known')
    .option('--ip <address>', 'address reserved for it')
    .option('--host <name>', 'host name that DHCP tells it (default: its name)')
    .option('--uuid <uuid>', 'SMBIOS UUID')
    .option('--client-id <id>', 'DHCP client identifier (option 61): 0x00aabb, or text')
    .option('--password <password>', 'SecureOn password for Wake-on-LAN')
    .option('--kind <kind>', MACHINE_KINDS.join(', '))
    .action((name: string, mac: string, options: AddOptions, command: Command) =>
      withAppliance(command, async appliance => {
        const added = appliance.addMachine({ name, mac, ...options })
        if (!common(command).dryRun) say(`added ${added.name} (${added.mac})`)
      }),
    )

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
        if (!common(command).dryRun) say(`removed ${gone.name} (${gone.mac})`)
      }),
    )
