import { parse, TomlError } from 'smol-toml'
import { BeError } from '../errors.ts'
import { didYouMean } from '../near.ts'
import { check, flagOf, fromText, KEYS, type KeyName, type Settings, variableOf } from './schema.ts'

/** Where a value came from, as an error names it: `be.toml:12`, `NBE_LAB_POOL`, `--lab-pool`, `default`. */
export type Sources = Record<KeyName, string>

export interface Loaded {
  settings: Settings
  sources: Sources
}

export interface Inputs {
  /** Text of the configuration file and the name that errors call it by. */
  file?: { name: string; text: string }
  environment?: Record<string, string | undefined>
  /** Values of flags by setting. */
  flags?: Partial<Record<KeyName, string>>
}

const NAMES = Object.keys(KEYS) as KeyName[]

/**
 * Puts the settings together: a flag wins over the environment, that over the file, that over the
 * default. Throws BE_CONFIG_SYNTAX, BE_CONFIG_KEY or BE_CONFIG_VALUE, naming file and line.
 */
export function load(inputs: Inputs): Loaded {
  const settings: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  refuseUnknownVariables(inputs.environment ?? {})
  const file = inputs.file === undefined ? new Map() : readFile(inputs.file)
  for (const name of NAMES) {
    const given = pick(name, inputs, file)
    const verdict = check(name, given?.value)
    if ('expected' in verdict) {
      const { from, value } = given!
      throw new BeError('BE_CONFIG_VALUE', `${from}: ${name}`, {
        expected: `${verdict.expected}, found ${show(value)}`,
        exit: 'config',
      })
    }
    settings[name] = verdict.value
    sources[name] = given?.from ?? 'default'
  }
  return { settings: settings as Settings, sources: sources as Sources }
}

/** Variables that are no settings: where be.toml is, and where a defect is shown. */
const OTHER_VARIABLES = ['NBE_CONFIG', 'NBE_TRACE']

/** A mistyped variable would otherwise be a setting that has no effect. */
function refuseUnknownVariables(environment: NonNullable<Inputs['environment']>): void {
  const known = [...NAMES.map(variableOf), ...OTHER_VARIABLES]
  const unknown = Object.keys(environment).find(name => name.startsWith('NBE_') && !known.includes(name))
  if (unknown === undefined) return
  throw new BeError('BE_CONFIG_KEY', `${unknown}: no such setting`, {
    hint: didYouMean(unknown, known, 'be help settings'),
    exit: 'config',
  })
}

function pick(name: KeyName, inputs: Inputs, file: Map<string, { value: unknown; from: string }>) {
  const flag = inputs.flags?.[name]
  if (flag !== undefined) return { value: fromText(name, flag), from: flagOf(name) }
  const variable = inputs.environment?.[variableOf(name)]
  if (variable !== undefined) return { value: fromText(name, variable), from: variableOf(name) }
  return file.get(name)
}

function readFile({ name, text }: { name: string; text: string }) {
  const found = new Map<string, { value: unknown; from: string }>()
  const lines = locate(text)
  const known = new Set<string>(NAMES)
  const groups = new Set(NAMES.map(key => key.split('.')[0]!))
  for (const [group, value] of Object.entries(parseToml(name, text))) {
    const from = `${name}:${lines.get(group) ?? 1}`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknownKey(from, group)
    if (!groups.has(group)) throw unknownKey(from, `[${group}]`, [...groups])
    for (const [leaf, inner] of Object.entries(value)) {
      const key = `${group}.${leaf}`
      const at = `${name}:${lines.get(key) ?? lines.get(group) ?? 1}`
      if (!known.has(key))
        throw unknownKey(
          at,
          key,
          NAMES.filter(other => other.startsWith(`${group}.`)),
        )
      found.set(key, { value: inner, from: at })
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
    throw new BeError('BE_CONFIG_SYNTAX', `${name}:${error.line}: not TOML: ${why}`, { exit: 'config' })
  }
}

function unknownKey(from: string, key: string, instead: string[] = []): BeError {
  return new BeError('BE_CONFIG_KEY', `${from}: ${key}: no such setting`, {
    ...(instead.length > 0 ? { expected: `one of ${instead.join(', ')}` } : {}),
    exit: 'config',
  })
}

/**
 * The line on which each key stands. The TOML parser keeps no positions of values; keys of our schema
 * are two bare words, so a scan of lines is exact for every file that the schema can accept.
 */
function locate(text: string): Map<string, number> {
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

/** On one line, whatever it holds. */
const show = (value: unknown): string => JSON.stringify(value)
