import type { Job, Part } from './job.ts'
import { chooseSets, type DistSet, parseManifest } from './manifest.ts'
import { type ObtainOptions, obtain } from './obtain.ts'
import { findRelease, type ReleaseQuery } from './release.ts'
import { unpack } from './tar.ts'

/**
 * Installs a FreeBSD release from its distribution sets, as bsdinstall(8) does: base, kernel and `sets`.
 * Throws BE_INSTALL_NO_RELEASE, BE_INSTALL_MANIFEST, BE_INSTALL_SET, BE_FETCH_….
 */
export async function freebsdJob(
  from: Omit<ObtainOptions, 'dir' | 'progress'>,
  query: ReleaseQuery,
  sets: readonly string[],
): Promise<Job> {
  const release = await findRelease(from.source, query)
  const where = [from.source.name, release.dir].filter(part => part !== '').join('/')
  const chosen = chooseSets(parseManifest(release.manifest, `${where}/MANIFEST`), sets, where)
  return {
    // With checksums: an installation is resumed only with the very same sets.
    what: `FreeBSD ${release.name} ${query.arch}: ${chosen.map(set => `${set.name} ${set.sha256.slice(0, 12)}`).join(', ')}`,
    layout: 'freebsd',
    resumable: true,
    parts: chosen.map(set => part({ ...from, dir: release.dir }, set, where)),
  }
}

const part = (from: Omit<ObtainOptions, 'progress'>, set: DistSet, where: string): Part => ({
  name: set.file,
  what: `unpack ${where}/${set.file} (${set.description || set.name})`,
  async put(target) {
    const file = await obtain({ ...from, progress: target.progress }, set)
    await unpack(file, set.file, target)
  },
})
