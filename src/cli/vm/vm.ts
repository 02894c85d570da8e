import type { Command } from 'commander'
import { consoleVerb } from '../console.ts'
import { list } from './list.ts'
import { restart } from './restart.ts'
import { start } from './start.ts'
import { stop } from './stop.ts'

export function vm(be: Command): Command {
  const verb = be
    .command('vm')
    .description('virtual machines on this host: list, start, stop, restart, console')
  for (const subcommand of [list, start, stop, restart, consoleVerb]) subcommand(verb)
  return verb
}
