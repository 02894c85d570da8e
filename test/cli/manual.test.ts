import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { program } from '../../src/cli/program.ts'
import { isSetting } from '../../src/cli/support/arguments.ts'
import { load } from '../../src/config/load.ts'
import { EXIT } from '../../src/errors/sysexits.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** Commands with an action, by their full names: `machine add`. */
function commands(parent: Command, words: string[] = []): [string, Command][] {
  return parent.commands.flatMap(command => {
    const path = [...words, command.name()]
    return command.commands.length > 0
      ? commands(command, path)
      : [[path.join(' '), command] as [string, Command]]
  })
}

const BE = await program()
const COMMANDS = new Map(commands(BE))

/** The text of an mdoc(7) page, without macros. */
const plain = (page: string): string =>
  page
    .replace(/^\.\\".*$/gm, '')
    .replace(/^\.(?=[A-Z])/gm, '')
    .replace(/\bFl Fl (?=\w)/g, '--')
    .replace(/\bFl (?=\w)/g, '-')
    .replace(/\b(?:It|Xo|Xc|Ns|Op|Oo|Oc|Ic|Ar|Cm|Pa|Li|Ql|Xr) /g, '')
    .replace(/\\-/g, '-')
    .replace(/\s+/g, ' ')

describe('be(8)', () => {
  const page = read('man/be.8')
  const text = plain(page)

  it('has each command, under its own name', () => {
    for (const words of COMMANDS.keys()) {
      assert.match(page, new RegExp(`^\\.(It |Op )?(Xo\\n\\.)?(Ic .*)?\\bIc ${words}\\b`, 'm'), words)
    }
  })

  it('has each option of each command, except those of machines, which be help has', () => {
    const missing = [...COMMANDS].flatMap(([words, command]) =>
      command.options
        .filter(({ long }) => !isSetting(long) && !/^machine (add|set)$/.test(words))
        .filter(({ short, long }) => ![short, long].some(flag => flag && has(text, flag)))
        .map(({ flags }) => `${words}: ${flags}`),
    )
    assert.deepEqual(missing, [])
  })

  it('and be help list every exit status', () => {
    for (const page of [text, BE.helpInformation() + read('src/cli/program.ts')]) {
      for (const status of Object.values(EXIT))
        assert.match(page, new RegExp(`\\b${status}\\b`), String(status))
    }
  })
})

/** Short flags may be combined: -Hn. */
const has = (text: string, flag: string): boolean =>
  flag.startsWith('--')
    ? text.includes(flag)
    : new RegExp(`(^|[ |])-[A-Za-z]*${flag[1]}[A-Za-z]*\\b`).test(text)

describe('README', () => {
  /** The text after `be ` between backquotes, or on a line of a block. */
  const lines = [...read('README.md').matchAll(/(?:^ {4}|`)be ((?:[^`\n]|\\`)*)/gm)].map(([, line]) => line!)

  it('has a valid be.toml', () => {
    const blocks = [...read('README.md').matchAll(/((?:^ {4}\[(?:lab|nfs)\]\n)(?:^ {4}.*\n|^\n(?= {4}))+)/gm)]
    const sources = blocks.map(([text]) => load({ file: { name: 'README', text } }).sources)
    assert.equal(sources[0]?.['be.parent'], 'README:10')
    assert.equal(sources[1]?.['nfs.host'], 'README:2')
  })

  it('shows existing commands', () => {
    const known = new Set([...COMMANDS.keys()].flatMap(words => words.split(' ')[0]!))
    for (const command of BE.commands) for (const alias of command.aliases()) known.add(alias)
    const typed = lines.map(line => line.split(/\s/).find(word => !word.startsWith('-')) ?? '')
    assert.ok(typed.length > 40, String(typed.length))
    assert.deepEqual(
      typed.filter(word => !known.has(word)),
      [],
    )
  })
})
