import { parse, TomlError } from 'smol-toml'
import { BeError } from '../errors/errors.ts'
import { throwFound } from '../errors/several.ts'
import { didYouMean } from '../errors/suggestions.ts'
import { checkValue, fromText } from './read-value.ts'
import { flagOf, KEY_NAMES, KEYS, type KeyName, type Settings, variableOf } from './schema.ts'

/** The source of each value, as an error names it: `be.toml:12`, `NBE_LAB_POOL`, `--lab-pool`, `default`. */
export type Sources = Record<KeyName, string>

export interface Loaded {
  settings: Settings
  sources: Sources
}

export interface Inputs {
  /** Text of the configuration file, and its name for errors. */
  file?: { name: string; text: string }
  environment?: Record<string, string | undefined>
  /** Flags of the command line, by setting. */
  flags?: Partial<Record<KeyName, string>>
}

const GROUPS = [...new Set(KEY_NAMES.map(name => name.split('.')[0]!))]

/**
 * Merges the settings: a flag takes precedence over the environment, that over the file, that over the default.
 * Throws BE_CONFIG_SYNTAX, BE_CONFIG_KEY or BE_CONFIG_VALUE, which name file and line: all that are wrong, not only the first.
 */
export function load(inputs: Inputs): Loaded {
  const settings: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  const wrongs = unknownVariables(inputs.environment ?? {})
  const file = inputs.file === undefined ? new Map() : readFile(inputs.file, wrongs)
  for (const name of KEY_NAMES) {
    const given = pick(name, inputs, file)
    const verdict = checkValue(name, given?.value)
    if ('expected' in verdict) {
      wrongs.push(wrong(given!.from, name, verdict.expected, given!.value))
      continue
    }
    settings[name] = verdict.value
    sources[name] = given?.from ?? 'default'
  }
  throwFound(wrongs)
  return { settings: settings as Settings, sources: sources as Sources }
}

/** Variables that are not settings: the path of be.toml, and whether internal errors show a stack trace. */
const OTHER_VARIABLES = ['NBE_CONFIG', 'NBE_TRACE']

/** Errors for unknown NBE_ variables: a mistyped one would have no effect. */
function unknownVariables(environment: NonNullable<Inputs['environment']>): BeError[] {
  const known = [...KEY_NAMES.map(variableOf), ...OTHER_VARIABLES]
  return Object.keys(environment)
    .filter(name => name.startsWith('NBE_') && !known.includes(name))
    .map(name => unknown(name, meant(name, known)))
}

function pick(name: KeyName, inputs: Inputs, file: Map<string, { value: unknown; from: string }>) {
  const flag = inputs.flags?.[name]
  if (flag !== undefined) return { value: fromText(name, flag), from: flagOf(name) }
  const variable = inputs.environment?.[variableOf(name)]
  if (variable !== undefined) return { value: fromText(name, variable), from: variableOf(name) }
  return file.get(name)
}

/** The values in a file; errors in single ones are added to `wrongs`. Throws BE_CONFIG_SYNTAX. */
function readFile({ name, text }: { name: string; text: string }, wrongs: BeError[]) {
  const found = new Map<string, { value: unknown; from: string }>()
  const lines = lineNumbers(text)
  for (const [group, value] of Object.entries(parseToml(name, text))) {
    const from = `${name}:${lines.get(group) ?? 1}`
    const table = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!GROUPS.includes(group)) {
      wrongs.push(table ? unknownTable(from, group) : unknownKey(from, group))
      continue
    }
    if (!table) {
      wrongs.push(wrong(from, group, `a table, [${group}]`, value))
      continue
    }
    for (const [leaf, inner] of Object.entries(value)) {
      const key = `${group}.${leaf}`
      const at = `${name}:${lines.get(key) ?? lines.get(group) ?? 1}`
      if (Object.hasOwn(KEYS, key)) found.set(key, { value: inner, from: at })
      else wrongs.push(unknownKey(at, key))
    }
  }
  return found
}

function parseToml(name: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const why = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '')
    throw new BeError('BE_CONFIG_SYNTAX', `${name}:${error.line}: not TOML: ${why}`)
  }
}

/** Suggests the same key of another table first, then keys with a similar name. */
function unknownKey(from: string, key: string): BeError {
  const leaf = key.slice(key.lastIndexOf('.') + 1)
  const elsewhere = KEY_NAMES.filter(name => name.endsWith(`.${leaf}`))
  const hint = elsewhere.length > 0 ? `did you mean ${elsewhere.join(' or ')}?` : meant(key, KEY_NAMES)
  return unknown(`${from}: ${key}`, hint)
}

const unknownTable = (from: string, group: string): BeError =>
  unknown(`${from}: [${group}]`, meant(group, GROUPS))

const meant = (word: string, known: readonly string[]): string => didYouMean(word, known, 'be help settings')

const unknown = (what: string, hint: string): BeError =>
  new BeError('BE_CONFIG_KEY', `${what}: no such setting`, { hint })

const wrong = (from: string, name: string, expected: string, found: unknown): BeError =>
  new BeError('BE_CONFIG_VALUE', `${from}: ${name}`, {
    expected: `${expected}, found ${show(found)}`,
  })

/**
 * The line number of each key and table. The TOML parser keeps no positions of values; all keys of the schema are
 * two bare words, so a scan of lines is exact for every file that the schema can accept.
 */
function lineNumbers(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  let table = ''
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]/.exec(line)
    const pair = /^\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=/.exec(line)
    if (header) {
      table = header[1]!
      lines.set(table, index + 1)
    } else if (pair) {
      const key = pair[1]!.replace(/\s/g, '')
      lines.set(table === '' ? key : `${table}.${key}`, index + 1)
      if (table === '' && key.includes('.')) lines.set(key.split('.')[0]!, index + 1)
    }
  }
  return lines
}

/** The value in one line of at most 120 characters. */
function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
