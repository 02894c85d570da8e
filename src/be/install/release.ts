import { BeError } from '../../errors/errors.ts'
import { suggestions } from '../../errors/suggestions.ts'
import type { InstallArch } from '../be.ts'
import { compareVersions } from '../system/version-order.ts'
import type { Source } from './source.ts'

/** What `be install -b` takes. */
export const BRANCHES = ['release', 'stable', 'current', 'snapshot'] as const
export type Branch = (typeof BRANCHES)[number]

export interface ReleaseQuery {
  arch: InstallArch
  branch: Branch
  /** `11.1`, `11.1-RELEASE`, `14.0-RC2`; absent where the mirror is the directory of one release. */
  release?: string | undefined
}

/** Where the distribution sets of a release are. */
export interface Release {
  /** Relative to the source; `''` is the source itself. */
  dir: string
  /** `11.1-RELEASE`; where the query names none, the name of the source's directory. */
  name: string
  manifest: string
}

/** Directories of a mirror, and the suffix that a bare version number gets. */
const BRANCH_DIRS: Record<Branch, { dirs: string[]; suffix: string }> = {
  release: { dirs: ['releases', 'old-releases'], suffix: '-RELEASE' },
  stable: { dirs: ['snapshots'], suffix: '-STABLE' },
  current: { dirs: ['snapshots'], suffix: '-CURRENT' },
  snapshot: { dirs: ['snapshots'], suffix: '' },
}

/** MACHINE, or MACHINE/MACHINE_ARCH, as the mirrors' directories are named. */
const ARCH_DIRS: Record<InstallArch, string[]> = {
  amd64: ['amd64', 'amd64/amd64'],
  i386: ['i386', 'i386/i386'],
  arm64: ['arm64/aarch64', 'arm64'],
}

/** A mirror may be named by any of these upper directories of it. */
const UPPER_DIRS = ['', 'FreeBSD/', 'pub/FreeBSD/', 'FreeBSD-Archive/', 'pub/FreeBSD-Archive/']

/** Finds a release in a mirror. Throws BE_INSTALL_RELEASE, and BE_INSTALL_NO_RELEASE with the releases that are there. */
export async function findRelease(source: Source, query: ReleaseQuery): Promise<Release> {
  const here = await source.text('MANIFEST')
  if (here !== undefined) {
    const own = source.name.split('/').findLast(part => part !== '') ?? source.name
    return { dir: '', name: query.release === undefined ? own : fullName(query), manifest: here }
  }
  if (query.release !== undefined) {
    for (const place of candidateDirs(query)) {
      const dir = `${place}/${fullName(query)}`
      const manifest = await source.text(`${dir}/MANIFEST`)
      if (manifest !== undefined) return { dir, name: fullName(query), manifest }
    }
  }
  throw await noRelease(source, query)
}

const candidateDirs = ({ arch, branch }: ReleaseQuery): string[] =>
  UPPER_DIRS.flatMap(top =>
    BRANCH_DIRS[branch].dirs.flatMap(dir => ARCH_DIRS[arch].map(a => `${top}${dir}/${a}`)),
  )

/** `11.1` becomes `11.1-RELEASE`; a name with a dash stays as it is. */
function fullName({ release = '', branch }: ReleaseQuery): string {
  const name = release.includes('-') ? release : release + BRANCH_DIRS[branch].suffix
  if (/^\d[\w.-]*$/.test(name)) return name
  throw new BeError('BE_INSTALL_RELEASE', `no release is called ${JSON.stringify(release)}`, {
    expected: 'one like 11.1, 11.1-RELEASE or 14.0-RC2',
  })
}

async function noRelease(source: Source, query: ReleaseQuery): Promise<BeError> {
  const { arch, branch, release } = query
  const suffix = BRANCH_DIRS[branch].suffix
  const there = (await Promise.all(candidateDirs(query).map(place => source.list(place))))
    .flat()
    .filter(name => /^\d+\.\d[\w.]*-\w+/.test(name))
    .map(name => (suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name))
  const names = [...new Set(there)].sort(compareVersions)
  if (release === undefined) {
    return new BeError('BE_INSTALL_RELEASE', `no release is named, and ${source.name} holds several`, {
      expected: `-r with ${names.length === 0 ? 'a release' : newest(names)}`,
    })
  }
  const meant = suggestions(release, names)
  const hint =
    meant.length > 0
      ? `did you mean ${meant.join(' or ')}?`
      : names.length > 0
        ? `it has ${newest(names)}`
        : 'name a directory with releases/ in it, or one that holds MANIFEST, by -p'
  return new BeError('BE_INSTALL_NO_RELEASE', `no FreeBSD ${fullName(query)} for ${arch} at ${source.name}`, {
    hint: names.length > 0 ? `${hint}; releases that left support are on the archive server` : hint,
  })
}

/** The newest of them, as many as fit on a line. */
const newest = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `… ${names.slice(-12).join(', ')}`
