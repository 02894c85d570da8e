import { flagOf, KEYS, type KeyName } from '../../config/schema.ts'
import { suggestions } from '../../errors/suggestions.ts'

const SETTINGS: ReadonlySet<string> = new Set((Object.keys(KEYS) as KeyName[]).map(flagOf))

/** Whether a flag is a setting of be.toml, as `--lab-pool` is. */
export const isSetting = (flag: string | null | undefined): boolean => SETTINGS.has(flag ?? '')

/** Flags of settings with a similar name; commander suggests only flags that its help shows. */
export const settingsLike = (flag: string): string[] => suggestions(flag, [...SETTINGS])

const SWITCHES = new Set(['-n', '--dry-run', '-H', '--scripted', '--json'])

/** Verbs whose second operand begins a command with options of its own, and that end with its exit status. */
const COMMAND_VERBS = new Set(['jail', 'chroot', 'boot'])

export const runsCommand = (verb: string | undefined): boolean => COMMAND_VERBS.has(verb ?? '')

/** The options of those verbs that take a value. */
const VALUED = new Set(['-o', '--option', '-u', '--unset', '--on', '-m', '--machine', '--timeout'])

export interface Line {
  /** Settings and common options, with their values. */
  options: string[]
  /** The verb, its own options and its operands. */
  words: string[]
}

/**
 * Splits a command line: settings and common options may be anywhere on it, but commander wants them first. Words after
 * `--` are left as they are; `--` is inserted before a command that `be` is to run. An option at the end that lacks its
 * value is left there, since at the front it would take the verb as its value.
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
  if (!runsCommand(before[0])) return false
  const all = [...before, word]
  const operands = all.filter((one, at) => !one.startsWith('-') && !VALUED.has(all[at - 1] ?? ''))
  return operands.length === 3 // the verb, the boot environment, and this
}

function takesValue(word: string): boolean {
  const [flag] = word.split('=', 1)
  return isSetting(flag) || flag === '--config' || word === '-c'
}
