import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { BeError } from '../src/errors/errors.ts'
import { run } from '../src/host/run.ts'

/** A program that a bench needs, and its Debian package. */
export interface Needed {
  program: string
  package: string
}

/**
 * Programs of Debian packages, which are unpacked into a directory and not installed: no daemon is started, no user is
 * made, and the host is not changed.
 */
export class Programs {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** The path of a program: the installed one, if there is one, else the unpacked one. */
  path(program: string): string {
    const found = candidates(this.#root, program).find(existsSync)
    if (found !== undefined) return found
    throw new BeError('BE_PROGRAM_MISSING', `no program ${program}`)
  }

  /** The environment in which programs find the unpacked libraries. */
  get env(): Record<string, string> {
    const lib = join(this.#root, 'usr/lib')
    const multiarch = existsSync(lib) ? readdirSync(lib).filter(name => name.endsWith('-linux-gnu')) : []
    return { LD_LIBRARY_PATH: [lib, ...multiarch.map(name => join(lib, name))].join(':') }
  }
}

const candidates = (root: string, program: string): string[] => [
  ...['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map(dir => join(dir, program)),
  ...['usr/sbin', 'usr/bin'].map(dir => join(root, dir, program)),
]

/** The directory into which packages are unpacked; it is kept for the next run. */
export const programsRoot = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nbe', 'bench')

/**
 * Fetches the packages of the programs that are missing, each separately with its dependencies: tftpd-hpa and atftpd
 * conflict.
 */
export async function ensurePrograms(needed: readonly Needed[]): Promise<Programs> {
  const root = programsRoot()
  const missing = needed.filter(({ program }) => !candidates(root, program).some(existsSync))
  const packages = [...new Set(missing.map(({ package: name }) => name))]
  if (packages.length > 0) await apt('update')
  for (const name of packages) await unpack(name, root)
  return new Programs(root)
}

async function unpack(name: string, root: string): Promise<void> {
  process.stderr.write(`bench: fetching package ${name}\n`)
  const debs = `${root}.debs`
  mkdirSync(join(debs, 'partial'), { recursive: true })
  try {
    await apt(
      'install',
      '--download-only',
      '--no-install-recommends',
      '-o',
      `Dir::Cache::archives=${debs}`,
      name,
    )
    for (const deb of readdirSync(debs)) {
      if (deb.endsWith('.deb')) await run(['dpkg', '-x', join(debs, deb), root], { timeoutMs: 60_000 })
    }
  } finally {
    rmSync(debs, { recursive: true, force: true })
  }
}

const apt = (...args: string[]): Promise<unknown> =>
  run(['apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    timeoutMs: 600_000,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
