import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { BeError } from '../src/errors/errors.ts'
import { run } from '../src/host/run.ts'

/** What one bench compares with and needs: a program, and the Debian package that it is in. */
export interface Needed {
  program: string
  package: string
}

/**
 * Programs of Debian packages, taken out of them into a directory of our own rather than installed:
 * no daemon is started, no user made, nothing of the host's is changed.
 */
export class Programs {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Path of a program: the host's own if it is there, else the unpacked one. */
  path(program: string): string {
    const found = candidates(this.#root, program).find(existsSync)
    if (found !== undefined) return found
    throw new BeError('BE_PROGRAM_MISSING', `no program ${program}`, { exit: 'unavailable' })
  }

  /** For programs that bring their own libraries. */
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

/** Where packages are unpacked; kept for the next run. */
export const programsRoot = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nbe', 'bench')

/**
 * Makes sure that these programs can be run. Each package is fetched on its own, with what it depends
 * on: tftpd-hpa and atftpd could not be installed side by side.
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
