import { type Command, InvalidArgumentError, Option } from 'commander'
import type { InstallArch } from '../be/be.ts'
import { BRANCHES } from '../be/install/release.ts'
import { type InstallInput, installEnvironment, SYSTEMS } from '../verbs/environments/install.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'
import { progressLine } from './support/progress.ts'

interface Flags extends Pick<InstallInput, 'arch' | 'branch' | 'cache' | 'release' | 'mirror' | 'from'> {
  os: InstallInput['system']
  sets?: string[]
  force?: boolean
}

const OWN_ARCH: InstallArch = process.arch === 'arm64' ? 'arm64' : 'amd64'

export const install = (be: Command): Command =>
  be
    .command('install <be>')
    .description('install a release of an operating system; makes the boot environment if there is none')
    .option(
      '-p, --mirror <mirror>',
      'directory or URL with releases, or with one (default: install.mirror)',
      mirror,
    )
    .addOption(new Option('-o, --os <system>', 'operating system').choices(SYSTEMS).default('FreeBSD'))
    .addOption(
      new Option('-a, --arch <arch>', 'architecture').choices(['amd64', 'i386', 'arm64']).default(OWN_ARCH),
    )
    .addOption(new Option('-b, --branch <branch>', 'branch of FreeBSD').choices(BRANCHES).default('release'))
    .option('-r, --release <release>', 'release, as 11.1 or bookworm')
    .option('-s, --sets <sets>', 'more distribution sets (lib32,src) or packages, parted by commas', list)
    .addOption(
      new Option('--from <source>', 'install what this directory or archive holds').conflicts([
        'mirror',
        'release',
        'sets',
      ]),
    )
    .option('--force', 'into a boot environment that has files, or that machines run which can write to it')
    .option('--no-cache', 'do not keep what was fetched')
    .action((name: string, flags: Flags, command: Command) =>
      withLab(command, async lab => {
        const { os, sets = [], force = false, ...rest } = flags
        const progress = progressLine()
        try {
          const input = { ...rest, name, system: os, sets, force, progress }
          const made = await installEnvironment(lab, input)
          progress.end()
          const next = `be prepare ${made.name} makes it fit for a root on NFS`
          printDone(command, made, `installed ${made.name}: ${made.path}; ${next}`)
        } finally {
          progress.end()
        }
      }),
    )

const list = (text: string): string[] => text.split(',').filter(part => part !== '')

function mirror(text: string): string {
  if (/^(\/|https?:\/\/)/i.test(text)) return text
  throw new InvalidArgumentError('expected an absolute path, or an http or https URL')
}
