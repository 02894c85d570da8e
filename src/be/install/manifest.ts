import { BeError } from '../../errors/errors.ts'
import { didYouMean } from '../../errors/suggestions.ts'

/** One distribution set of a release, from its MANIFEST. */
export interface DistSet {
  /** `base.txz`. */
  file: string
  sha256: string
  /** `base`. */
  name: string
  description: string
}

/** Always installed: without them the system does not boot. */
const REQUIRED_SETS = ['base', 'kernel']

/**
 * MANIFEST (FreeBSD: release/scripts/make-manifest.sh): lines of file, SHA-256, number of files, name, description in
 * quotes, on or off; separated by tabs. Throws BE_INSTALL_MANIFEST.
 */
export function parseManifest(text: string, where: string): DistSet[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const [file = '', sha256 = '', , name = '', description = ''] = line.split('\t')
    const isValid = /^[A-Za-z0-9][\w.+-]*$/.test(file) && /^[0-9a-f]{64}$/i.test(sha256)
    if (!isValid || !/^[\w.+-]+$/.test(name)) {
      throw new BeError('BE_INSTALL_MANIFEST', `${where}, line ${index + 1}: no line of a MANIFEST`, {
        expected: 'file, SHA-256, count, name and description, parted by tabs',
        hint: 'is this the directory of a FreeBSD release?',
      })
    }
    const printable = description.replace(/^"|"$/g, '').replace(/[^\x20-\x7e]/g, '')
    return [{ file, sha256: sha256.toLowerCase(), name, description: printable }]
  })
}

/** base, kernel and the sets named in `more`, in the order of unpacking. Throws BE_INSTALL_SET. */
export function chooseSets(all: readonly DistSet[], more: readonly string[], where: string): DistSet[] {
  const names = all.map(({ name }) => name)
  return [...new Set([...REQUIRED_SETS, ...more])].map(wanted => {
    const found = all.find(({ name, file }) => name === wanted || file === wanted)
    if (found !== undefined) return found
    throw new BeError('BE_INSTALL_SET', `no distribution set ${wanted} in ${where}`, {
      expected: `one of ${names.join(', ')}`,
      hint: didYouMean(wanted, names, 'its MANIFEST'),
    })
  })
}
