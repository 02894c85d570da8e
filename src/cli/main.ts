#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { flagOf, KEYS, type KeyName } from '../config/schema.ts'
import { BeError, EXIT, errno } from '../errors.ts'
import { bootpxe } from './bootpxe.ts'
import { create } from './create.ts'
import { destroy } from './destroy.ts'
import { emit } from './emit.ts'
import { explain } from './explain.ts'
import { list } from './list.ts'
import { log } from './log.ts'
import { machine } from './machine.ts'
import { mount, umount } from './mount.ts'
import { serve } from './serve.ts'
import { sharenfs } from './sharenfs.ts'
import { sharepxe } from './sharepxe.ts'
import { unshare } from './unshare.ts'
import { version } from './version.ts'
import { wol } from './wol.ts'

const VERBS = [
  create,
  list,
  destroy,
  mount,
  umount,
  sharenfs,
  unshare,
  sharepxe,
  bootpxe,
  machine,
  wol,
  emit,
  explain,
  log,
  serve,
]

/** The whole command line; each verb adds itself. */
function program(): Command {
  const be = new Command('be')
    .description('Networked Boot Environments: every machine of the lab boots from /ROOT/<be>')
    .version(version(), '-V, --version')
    .option('-c, --config <file>', 'configuration file (default: be.toml where the platform keeps it)')
    .option('-n, --dry-run', 'show what would be done, do nothing')
    .option('-H, --scripted', 'for scripts: no headers, one tab between fields')
    .option('--json', 'JSON on standard output')
    .helpCommand('help [command]', 'show help, of one command if named')
  plain(be)
  for (const verb of VERBS) inherit(verb(be))
  for (const [name, key] of Object.entries(KEYS)) {
    // Every setting is a flag, of every command; listed once, at the end of `be help settings`.
    be.option(`${flagOf(name)} <value>`, key.doc)
  }
  be.configureHelp({
    visibleOptions: command => command.options.filter(option => !isSetting(option.long)),
  })
  be.addHelpText(
    'after',
    '\nEvery setting of be.toml is a flag and a variable too: lab.pool is --lab-pool and NBE_LAB_POOL.\nbe serve -t prints them all. Exit: 0, 1, or sysexits(3): 64 usage, 69 unavailable, 77 permission, 78 configuration.\n',
  )
  return be
}

const FLAGS = new Set((Object.keys(KEYS) as KeyName[]).map(flagOf))
const isSetting = (flag: string | null | undefined): boolean => FLAGS.has(flag ?? '')

function inherit(verb: Command): void {
  plain(verb)
  for (const child of verb.commands) inherit(child)
}

/** A wrong command line is one line on stderr, like any other error. */
function plain(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(`be: ${text.replace(/^error: /, '').trimEnd()}; see be help [BE_USAGE]\n`),
  })
}

/** Runs one command line; answers the exit status. Nothing but one clear line reaches a user on failure. */
export async function main(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(hoist(argv), { from: 'user' })
    return Number(process.exitCode ?? EXIT.ok)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof BeError) {
      process.stderr.write(`be: ${error.line}\n`)
      return EXIT[error.exit]
    }
    if (errno(error) === 'EPIPE') return EXIT.ok
    process.stderr.write(`be: ${unexpected(error)} [BE_INTERNAL]\n`)
    if (process.env.NBE_TRACE) process.stderr.write(`${(error as Error).stack}\n`)
    return EXIT.internal
  }
}

function unexpected(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `${text.split('\n')[0]}; this is a defect of nbe: NBE_TRACE=1 shows where`
}

/**
 * Settings and the common options may stand anywhere on the line; they are moved to the front, where the
 * parser wants them. What follows `--` stays.
 */
function hoist(argv: string[]): string[] {
  const front: string[] = []
  const rest: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (word === '--') return [...front, ...rest, ...argv.slice(index)]
    const [flag] = word.split('=', 1)
    if (isSetting(flag) || flag === '--config' || word === '-c') {
      front.push(word)
      if (!word.includes('=') && index + 1 < argv.length) front.push(argv[++index]!)
    } else if (['-n', '--dry-run', '-H', '--scripted', '--json'].includes(word)) front.push(word)
    else rest.push(word)
  }
  return [...front, ...rest]
}

process.stdout.on('error', error => {
  // The reader went away (be log | head): not an error of ours.
  if (errno(error) === 'EPIPE') process.exit(EXIT.ok)
  throw error
})
process.exitCode = await main(process.argv.slice(2))
