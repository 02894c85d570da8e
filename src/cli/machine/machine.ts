import type { Command } from 'commander'
import { add } from './add.ts'
import { list } from './list.ts'
import { remove } from './remove.ts'
import { set } from './set.ts'

export function machine(be: Command): Command {
  const verb = be.command('machine').description('the machines of the lab: add, set, list, remove')
  for (const subcommand of [add, set, list, remove]) subcommand(verb)
  return verb
}
