import { flagOf, KEYS, type KeyName } from '../config/schema.ts'
import { BeError } from '../errors.ts'

const SETTINGS: ReadonlySet<string> = new Set((Object.keys(KEYS) as KeyName[]).map(flagOf))

/** Whether `--lab-pool` and the like: a setting of be.toml as a flag. */
export const isSetting = (flag: string | null | undefined): boolean => SETTINGS.has(flag ?? '')

const SWITCHES = new Set(['-n', '--dry-run', '-H', '--scripted', '--json'])

/** Verbs whose second operand begins a command, the options of which are not ours; and what of theirs takes a value. */
const COMMAND_VERBS = new Set(['jail', 'chroot', 'boot'])
const VALUED = new Set(['-o', '--option', '-u', '--unset', '--on', '-m', '--machine', '--timeout'])

/**
 * Settings and the common options may stand anywhere on the line; they are moved to the front, where the
 * parser wants them. What follows `--` stays, and a command that be is to run has one put before it. Throws BE_USAGE for one that lacks its value: moved to the
 * front it would swallow the command.
 */
export function hoist(argv: readonly string[]): string[] {
  const front: string[] = []
  const rest: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (word === '--') return [...front, ...rest, ...argv.slice(index)]
    if (SWITCHES.has(word) || /^-[nH]{2,}$/.test(word) || /^-c./.test(word)) front.push(word)
    else if (takesValue(word))
      front.push(word, ...(word.includes('=') ? [] : [valueFor(word, argv[++index])]))
    else if (beginsCommand(rest, word)) return [...front, ...rest, '--', ...argv.slice(index)]
    else rest.push(word)
  }
  return [...front, ...rest]
}

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

function valueFor(flag: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw new BeError('BE_USAGE', `option ${flag} needs a value`, {
    hint: isSetting(flag) ? 'see be help settings' : 'see be help',
    exit: 'usage',
  })
}
