import { flagOf, KEY_NAMES, KEYS, type KeyName, variableOf } from './schema.ts'

/** Documentation of the settings, generated from the schema. */

/** How an example of each kind is written in TOML; numbers and booleans as they are. */
const WRITTEN: Partial<Record<string, (shown: string) => string>> = {
  text: shown => JSON.stringify(shown),
  list: shown => `[${JSON.stringify(shown)}]`,
  lines: shown => `[${JSON.stringify(shown)}]`,
}

const groups = (): Map<string, KeyName[]> => Map.groupBy(KEY_NAMES, name => name.split('.')[0]!)

/** be.toml.sample: every setting, commented out, with its default or an example. */
export function sampleToml(): string {
  const head = [
    '# be.toml: the settings of be(8); see be.toml(5). FreeBSD: /usr/local/etc/be.toml, Linux: /etc/be.toml.',
    '# Every setting is also a flag (lab.pool: --lab-pool) and a variable (NBE_LAB_POOL).',
    '# What is commented out shows the default, or an example where there is none.',
  ]
  const tables = [...groups()].map(([group, names]) => {
    const settings = names.map(name => {
      const { doc, kind, shown } = KEYS[name]
      const value = WRITTEN[kind]?.(shown) ?? shown
      return `# ${doc}\n#${name.split('.')[1]} = ${value}\n`
    })
    return `[${group}]\n${settings.join('\n')}`
  })
  return `${head.join('\n')}\n\n${tables.join('\n')}`
}

/** man/be.toml.5, in mdoc(7). */
export function manPage(): string {
  const lines = [
    '.Dd November 22, 2026',
    '.Dt BE.TOML 5',
    '.Os',
    '.Sh NAME',
    '.Nm be.toml',
    '.Nd settings of be(8)',
    '.Sh DESCRIPTION',
    'The file is TOML: tables and keys, as listed here.',
    'A flag on the command line wins over the environment, that over the file, that over the default.',
    '.Ic be serve -t',
    'checks the file and prints what it comes to, and where each value came from.',
  ]
  for (const [group, names] of groups()) {
    lines.push(`.Ss [${group}]`, '.Bl -tag -width Ds')
    for (const name of names) {
      const { doc, kind, shown } = KEYS[name]
      lines.push(`.It Cm ${name.split('.')[1]} Pq ${kind}`, ...literal(doc).split(/(?<=\.) /))
      if (shown !== '') lines.push(`Default or example: ${literal(shown)} .`)
      lines.push(`Flag ${literal(flagOf(name)).replaceAll('-', '\\-')}, variable ${variableOf(name)}.`)
    }
    lines.push('.El')
  }
  lines.push(
    '.Sh FILES',
    '.Bl -tag -width Ds',
    '.It Pa /usr/local/etc/be.toml',
    'on FreeBSD',
    '.It Pa /etc/be.toml',
    'on Linux',
    '.El',
    '.Sh SEE ALSO',
    '.Xr be 8',
  )
  return `${lines.join('\n')}\n`
}

/** `be help settings`: each setting with its flag, variable, meaning, and default or example. */
export const settingsHelp = (): string =>
  KEY_NAMES.map(name => {
    const { doc, shown } = KEYS[name]
    const names = `${name.padEnd(18)} ${flagOf(name).padEnd(20)} ${variableOf(name)}`
    return `${names}\n    ${doc}${shown === '' ? '' : ` (${shown})`}\n`
  }).join('')

/** Escapes a line of text for mdoc(7). */
const literal = (text: string): string => text.replaceAll('\\', '\\e').replace(/^([.'])/, '\\&$1')
