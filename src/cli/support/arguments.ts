import { flagOf, KEYS, type KeyName } from '../../config/schema.ts'
import { suggestions } from '../../errors/suggestions.ts'

const SETTINGS: ReadonlySet<string> = new Set((Object.keys(KEYS) as KeyName[]).map(flagOf))

/** Whether `--lab-pool` and the like: a setting of be.toml as a flag. */
export const isSetting = (flag: string | null | undefined): boolean => SETTINGS.has(flag ?? '')

/** The settings, as flags, that someone who typed `flag` may have meant: commander knows those of its help only. */
export const settingsLike = (flag: string): string[] => suggestions(flag, [...SETTINGS])

const SWITCHES = new Set(['-n', '--dry-run', '-H', '--scripted', '--json'])

/** Verbs whose second operand begins a command, the options of which are not ours; and what of theirs takes a value. */
const COMMAND_VERBS = new Set(['jail', 'chroot', 'boot'])
const VALUED = new Set(['-o', '--option', '-u', '--unset', '--on', '-m', '--machine', '--timeout'])

/** A command line in two: what every command takes, and the command with what is its own. */
export interface Line {
  options: string[]
  words: string[]
}

/**
 * Settings and the common options may stand anywhere on the line; they are moved to the front, where the
 * parser wants them. What follows `--` stays, and a command that be is to run has one put before it. One that
 * lacks its value stays last: moved to the front it would swallow the command.
 */
export function hoist(argv: readonly string[]): Line {
  const options: string[] = []
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (word === '--') return { options, words: [...words, ...argv.slice(index)] }
    const valued = takesValue(word) && !word.includes('=')
    if (valued && index + 1 < argv.length) options.push(word, argv[++index]!)
    else if (!valued && isCommon(word)) options.push(word)
    else if (beginsCommand(words, word)) return { options, words: [...words, '--', ...argv.slice(index)] }
    else words.push(word)
  }
  return { options, words }
}

const isCommon = (word: string): boolean =>
  SWITCHES.has(word) || /^-[nH]{2,}$/.test(word) || /^-c./.test(word) || takesValue(word)

function beginsCommand(before: readonly string[], word: string): boolean {
  const [verb] = before
  if (verb === undefined || !COMMAND_VERBS.has(verb)) return false
  const all = [...before, word]
  const operands = all.filter((one, at) => !one.startsWith('-') && !VALUED.has(all[at - 1] ?? ''))
  return operands.length === 3 // the verb, the boot environment, and this
}

function takesValue(word: string): boolean {
  const [flag] = word.split('=', 1)
  return isSetting(flag) || flag === '--config' || word === '-c'
}
