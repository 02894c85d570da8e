import type { Job, Part } from './job.ts'
import { chooseSets, type DistSet, parseManifest } from './manifest.ts'
import { type Obtaining, obtain } from './obtain.ts'
import { findRelease, type ReleaseQuery } from './release.ts'
import { checkLinks, unpack, whichTar } from './tar.ts'

/**
 * Installs a FreeBSD release from its distribution sets, as bsdinstall(8) does: base, kernel, and more.
 * Throws BE_INSTALL_NO_RELEASE, BE_INSTALL_MANIFEST, BE_INSTALL_SET, and the errors of fetching.
 */
export async function freebsdJob(
  from: Omit<Obtaining, 'dir' | 'progress'>,
  query: ReleaseQuery,
  sets: readonly string[],
): Promise<Job> {
  const release = await findRelease(from.source, query)
  const where = [from.source.name, release.dir].filter(part => part !== '').join('/')
  const chosen = chooseSets(parseManifest(release.manifest, `${where}/MANIFEST`), sets, where)
  return {
    // By checksum: the sets that are there must be those of this very release.
    what: `FreeBSD ${release.name} ${query.arch}: ${chosen.map(set => `${set.name} ${set.sha256.slice(0, 12)}`).join(', ')}`,
    layout: 'freebsd',
    resumable: true,
    parts: chosen.map(set => part({ ...from, dir: release.dir }, set, where)),
  }
}

const part = (from: Omit<Obtaining, 'progress'>, set: DistSet, where: string): Part => ({
  name: set.file,
  what: `unpack ${where}/${set.file} (${set.description || set.name})`,
  async put({ root, platform, progress }, first) {
    const file = await obtain({ ...from, progress }, set)
    const unpacking = { file, what: set.file, into: root, tar: await whichTar(platform), platform, progress }
    if (!first) await checkLinks(unpacking)
    await unpack(unpacking)
  },
})
