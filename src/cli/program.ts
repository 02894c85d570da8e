import { Command, Option } from 'commander'
import { flagOf, KEYS } from '../config/schema.ts'
import { oneLine } from '../errors/one-line.ts'
import { boot } from './boot.ts'
import { bootnfs } from './bootnfs.ts'
import { bootpxe } from './bootpxe.ts'
import { check } from './check.ts'
import { chroot } from './chroot.ts'
import { clone } from './clone.ts'
import { consoleVerb } from './console.ts'
import { create } from './create.ts'
import { destroy } from './destroy.ts'
import { emit } from './emit.ts'
import { explain } from './explain.ts'
import { help } from './help.ts'
import { install } from './install.ts'
import { jail } from './jail.ts'
import { list } from './list.ts'
import { log } from './log.ts'
import { machine } from './machine/machine.ts'
import { mount } from './mount.ts'
import { prepare } from './prepare.ts'
import { rename } from './rename.ts'
import { serve } from './serve.ts'
import { sharenfs } from './sharenfs.ts'
import { sharepxe } from './sharepxe.ts'
import { snapshot } from './snapshot.ts'
import { status } from './status.ts'
import { isSetting, settingsLike } from './support/arguments.ts'
import { version } from './support/version.ts'
import { umount } from './umount.ts'
import { unjail } from './unjail.ts'
import { unshare } from './unshare.ts'
import { vm } from './vm/vm.ts'
import { wait } from './wait.ts'
import { wol } from './wol.ts'

const VERBS = [
  create,
  clone,
  list,
  snapshot,
  rename,
  destroy,
  mount,
  umount,
  install,
  prepare,
  check,
  sharenfs,
  unshare,
  sharepxe,
  bootpxe,
  bootnfs,
  vm,
  consoleVerb,
  jail,
  unjail,
  chroot,
  boot,
  machine,
  wol,
  emit,
  explain,
  log,
  status,
  wait,
  serve,
  help,
]

const AFTER_HELP = `
Every setting of be.toml is a flag and a variable too: lab.pool is --lab-pool and NBE_LAB_POOL.
be help settings lists them, be serve -t prints what they come to.
Exit: 0, 1, or sysexits(3): 64 usage, 65 data, 69 unavailable, 70 a defect, 75 try again, 77 permission,
78 configuration; jail, chroot and boot: the status of their command, 125 when it could not be run.
`

/** The command line of `be`; each function of VERBS adds a command. */
export function program(): Command {
  const be = new Command('be')
    .description('Networked Boot Environments: every machine of the lab boots from /ROOT/<be>')
    .version(version(), '-V, --version')
    .option('-c, --config <file>', 'configuration file (default: be.toml where the platform keeps it)')
    .option('-n, --dry-run', 'show what would be done, do nothing')
    .option('-H, --scripted', 'for scripts: no headers, one tab between fields')
    .option('--json', 'JSON on standard output')
    .configureHelp({ visibleOptions: ({ options }) => options.filter(({ long }) => !isSetting(long)) })
    .addHelpText('after', AFTER_HELP)
  configureErrors(be, [])
  for (const verb of VERBS) addCommonOptions(verb(be), [])
  // Each setting is a flag of every command: hoist moves it to the front.
  for (const [name, { doc }] of Object.entries(KEYS)) be.option(`${flagOf(name)} <value>`, doc)
  return be
}

/** Adds the hidden common options to a command and those below it. */
function addCommonOptions(verb: Command, parents: readonly string[]): void {
  const path = [...parents, verb.name()]
  configureErrors(verb, path)
  // For combined flags (destroy -Fn): separate ones are moved to the front.
  verb.addOption(new Option('-n, --dry-run').hideHelp()).addOption(new Option('-H, --scripted').hideHelp())
  for (const child of verb.commands) addCommonOptions(child, path)
}

/** Makes commander print a usage error on one line like any other error, and leave out its own `help` command. */
function configureErrors(command: Command, path: readonly string[]): void {
  const see = ['be help', ...path].join(' ')
  command
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`be: ${errorText(text)}; see ${see} [BE_USAGE]\n`),
    })
}

/** An error message of commander as one line in the style of ours. */
const errorText = (text: string): string =>
  oneLine(
    text
      .replace(/^error: /, '')
      .replace(/\n\(Did you mean (.*?)\??\)\n$/, '; did you mean $1?')
      .replace(/^unknown option '(--[^']+)'\n$/, withSettings)
      .replace(/\. (?:[Ee]xpected|Allowed choices are)/, ': expected')
      .trimEnd()
      .replace(/\.$/, ''),
  )

function withSettings(text: string, flag: string): string {
  const meant = settingsLike(flag)
  return meant.length > 0 ? `${text.trimEnd()}; did you mean ${meant.join(' or ')}?` : text
}
