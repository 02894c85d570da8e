import { Command, Option } from 'commander'
import { flagOf, KEYS } from '../config/schema.ts'
import { oneLine } from '../errors/one-line.ts'
import { version } from '../lab/version.ts'
import { isSetting, settingsLike } from './support/arguments.ts'

/** The verbs, in the order of `be help`; a module is loaded when its verb is run. */
const VERBS: Record<string, () => Promise<(be: Command) => Command>> = {
  create: async () => (await import('./create.ts')).create,
  clone: async () => (await import('./clone.ts')).clone,
  list: async () => (await import('./list.ts')).list,
  snapshot: async () => (await import('./snapshot.ts')).snapshot,
  rename: async () => (await import('./rename.ts')).rename,
  destroy: async () => (await import('./destroy.ts')).destroy,
  mount: async () => (await import('./mount.ts')).mount,
  umount: async () => (await import('./umount.ts')).umount,
  install: async () => (await import('./install.ts')).install,
  prepare: async () => (await import('./prepare.ts')).prepare,
  check: async () => (await import('./check.ts')).check,
  sharenfs: async () => (await import('./sharenfs.ts')).sharenfs,
  unshare: async () => (await import('./unshare.ts')).unshare,
  sharepxe: async () => (await import('./sharepxe.ts')).sharepxe,
  bootpxe: async () => (await import('./bootpxe.ts')).bootpxe,
  bootnfs: async () => (await import('./bootnfs.ts')).bootnfs,
  vm: async () => (await import('./vm/vm.ts')).vm,
  console: async () => (await import('./console.ts')).consoleVerb,
  jail: async () => (await import('./jail.ts')).jail,
  unjail: async () => (await import('./unjail.ts')).unjail,
  chroot: async () => (await import('./chroot.ts')).chroot,
  boot: async () => (await import('./boot.ts')).boot,
  machine: async () => (await import('./machine/machine.ts')).machine,
  wol: async () => (await import('./wol.ts')).wol,
  emit: async () => (await import('./emit.ts')).emit,
  explain: async () => (await import('./explain.ts')).explain,
  log: async () => (await import('./log.ts')).log,
  status: async () => (await import('./status.ts')).status,
  wait: async () => (await import('./wait.ts')).wait,
  serve: async () => (await import('./serve.ts')).serve,
  help: async () => (await import('./help.ts')).help,
}

const AFTER_HELP = `
Every setting of be.toml is a flag and a variable too: lab.pool is --lab-pool and NBE_LAB_POOL.
be help settings lists them, be serve -t prints what they come to.
Exit: 0, 1, or sysexits(3): 64 usage, 65 data, 69 unavailable, 70 a defect, 75 try again, 77 permission,
78 configuration; jail, chroot and boot: the status of their command, 125 when it could not be run.
`

/**
 * The command line of `be` with the command of `verb`; with all commands if that is none of VERBS (an alias, an option, a
 * misspelling) or omitted, and for `help`, which is about the others.
 */
export async function program(verb?: string): Promise<Command> {
  const known = verb !== undefined && verb !== 'help' && Object.hasOwn(VERBS, verb)
  const names = known ? [verb] : Object.keys(VERBS)
  const verbs = await Promise.all(names.map(name => VERBS[name]!()))
  const be = new Command('be')
    .description('Networked Boot Environments: every machine of the lab boots from /ROOT/<be>')
    .version(version(), '-V, --version')
    .option('-c, --config <file>', 'configuration file (default: be.toml where the platform keeps it)')
    .option('-n, --dry-run', 'show what would be done, do nothing')
    .option('-H, --scripted', 'for scripts: no headers, one tab between fields')
    .option('--json', 'JSON on standard output')
    .configureHelp({
      // The names of the verbs leave 37 of 80 columns to what they do: that is wrapped too.
      minWidthToWrap: 20,
      visibleOptions: ({ options }) => options.filter(({ long }) => !isSetting(long)),
    })
    .addHelpText('after', AFTER_HELP)
  configureErrors(be, [])
  for (const add of verbs) addCommonOptions(add(be), [])
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
