/**
 * The rooms of src/ and what each may import, errors aside, which all may: `npm run arrows` writes them into
 * biome.json, where the linter enforces them, and into the table of docs/architecture.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'

/** From the bottom to the top: a room may import those that stand above it in this table, where it lists them. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  net: [],
  host: ['net'],
  session: ['host', 'net'],
  state: ['host', 'net'],
  machines: ['state'],
  wol: ['machines', 'net'],
  rpc: ['host', 'net'],
  nfs: ['host', 'net', 'rpc', 'session'],
  be: ['host', 'net'],
  boot: ['be', 'host', 'net', 'nfs'],
  dhcp: ['boot', 'host', 'net', 'session'],
  tftp: ['boot', 'net', 'session'],
  http: ['boot', 'net', 'session'],
  config: ['boot', 'dhcp', 'host', 'machines', 'net'],
  launch: ['be', 'boot', 'host', 'machines', 'net', 'state'],
  lab: ['be', 'boot', 'config', 'host', 'machines', 'net', 'nfs', 'rpc', 'session', 'state'],
  verbs: [
    ...['be', 'boot', 'config', 'dhcp', 'host', 'lab', 'launch', 'machines', 'net', 'nfs', 'session'],
    ...['state', 'wol'],
  ],
  serve: [
    ...['boot', 'config', 'dhcp', 'host', 'http', 'lab', 'machines', 'net', 'nfs', 'session', 'state'],
    ...['tftp', 'verbs'],
  ],
  cli: ['be', 'config', 'lab', 'launch', 'machines', 'net', 'serve', 'session', 'verbs', 'wol'],
}

/** Modules of Node that one room alone may use. */
const OWN_MODULES: Readonly<Record<string, readonly string[]>> = {
  net: ['node:dgram', 'node:net', 'node:http', 'node:https', 'node:tls'],
  state: ['node:sqlite'],
}

const ROOMS = Object.keys(ARROWS)

const imports = (room: string): readonly string[] => (room === 'errors' ? [] : ['errors', ...ARROWS[room]!])

/** The rooms that `room` may not import. */
export const forbidden = (room: string): string[] =>
  ROOMS.filter(other => other !== room && !imports(room).includes(other))

/** What a room may not import, as the option of Biome's noRestrictedImports. */
function restrictions(room: string) {
  const message = `src/${room} may import ${imports(room).join(', ') || 'no other room'}: docs/architecture.md`
  const group = [...forbidden(room).map(other => `**/${other}/**`), '**/test/**', '**/bench/**']
  const others = Object.entries(OWN_MODULES).filter(([owner]) => owner !== room)
  const paths = others.flatMap(([owner, modules]) =>
    modules.map(name => [name, { message: `only src/${owner} uses ${name}` }]),
  )
  return { paths: Object.fromEntries(paths), patterns: [{ group, message }] }
}

/** The `overrides` of biome.json. */
export const overrides = () =>
  ROOMS.map(room => ({
    includes: [`src/${room}/**`],
    linter: {
      rules: { style: { noRestrictedImports: { level: 'error', options: restrictions(room) } } },
    },
  }))

/** The table of docs/architecture.md. */
export const table = (): string =>
  [
    '| room | may import |',
    '| --- | --- |',
    ...ROOMS.map(room => `| ${room} | ${imports(room).join(', ') || '–'} |`),
  ].join('\n')

const TABLE = /\| room \| may import \|\n(?:\|.*\n)*/

if (import.meta.main) {
  const biome = JSON.parse(readFileSync('biome.json', 'utf8'))
  writeFileSync('biome.json', `${JSON.stringify({ ...biome, overrides: overrides() }, null, 2)}\n`)
  const page = readFileSync('docs/architecture.md', 'utf8')
  writeFileSync('docs/architecture.md', page.replace(TABLE, `${table()}\n`))
}
