import type { Command } from 'commander'
import { settingsHelp } from '../config/document.ts'
import { errorsHelp } from '../errors/document.ts'
import { BeError } from '../errors/errors.ts'
import { didYouMean } from '../errors/suggestions.ts'
import { out } from './support/print.ts'

/** The topics of `be help` besides commands. */
const TOPICS = new Map([
  ['settings', settingsHelp],
  ['errors', errorsHelp],
])

export const help = (be: Command): Command =>
  be
    .command('help [command...]')
    .description('help on a command; be help settings lists the settings, be help errors the error codes')
    .action((words: string[]) => {
      const topic = TOPICS.get(words.join(' '))
      if (topic !== undefined) return out(topic())
      words.reduce(subcommand, be).outputHelp()
    })

/** Throws BE_USAGE. */
function subcommand(parent: Command, word: string): Command {
  const found = parent.commands.find(command => command.name() === word || command.aliases().includes(word))
  if (found !== undefined) return found
  const names = parent.commands.map(command => command.name())
  if (names.length === 0) {
    throw new BeError('BE_USAGE', `${parent.name()} has no commands of its own`)
  }
  const topics = parent.parent === null ? [...names, ...TOPICS.keys()] : names
  throw new BeError('BE_USAGE', `no command ${JSON.stringify(word)}`, {
    hint: didYouMean(word, topics, 'be help'),
  })
}
