import type { Command } from 'commander'
import { settingsHelp } from '../config/document.ts'
import { BeError } from '../errors/errors.ts'
import { didYouMean } from '../errors/suggestions.ts'
import { out } from './support/print.ts'

export const help = (be: Command): Command =>
  be
    .command('help [command...]')
    .description('help on a command; be help settings lists the settings')
    .action((words: string[]) => {
      if (words.join(' ') === 'settings') return out(settingsHelp())
      words.reduce(subcommand, be).outputHelp()
    })

function subcommand(parent: Command, word: string): Command {
  const found = parent.commands.find(command => command.name() === word || command.aliases().includes(word))
  if (found !== undefined) return found
  const names = parent.commands.map(command => command.name())
  if (names.length === 0) {
    throw new BeError('BE_USAGE', `${parent.name()} has no commands of its own`, { exit: 'usage' })
  }
  const topics = parent.parent === null ? [...names, 'settings'] : names
  throw new BeError('BE_USAGE', `no command ${JSON.stringify(word)}`, {
    hint: didYouMean(word, topics, 'be help'),
    exit: 'usage',
  })
}
