import assert from 'node:assert/strict'
import { chooseSets, parseManifest } from '../../../src/be/install/manifest.ts'
import { beError } from '../../support/errors.ts'

const HASH = 'a1'.repeat(32)
/** As release/scripts/make-manifest.sh writes it. */
const TEXT = ['base', 'kernel', 'lib32', 'base-dbg']
  .map(name => `${name}.txz\t${HASH}\t1200\t${name}\t"The ${name} (MANDATORY)"\toff\n`)
  .join('')

describe('MANIFEST', () => {
  it('names sets, their checksums and what they are', () => {
    const [base, , , debug] = parseManifest(TEXT, 'M')
    assert.deepEqual(base, {
      ...{ file: 'base.txz', name: 'base', sha256: HASH, description: 'The base (MANDATORY)' },
    })
    assert.equal(debug?.name, 'base-dbg')
  })

  it('base and kernel always, others by name or file name, each once', () => {
    const all = parseManifest(TEXT, 'M')
    const names = (...more: string[]) => chooseSets(all, more, 'M').map(({ name }) => name)
    assert.deepEqual(names(), ['base', 'kernel'])
    assert.deepEqual(names('lib32', 'base', 'base-dbg.txz'), ['base', 'kernel', 'lib32', 'base-dbg'])
    assert.throws(
      () => names('lib23'),
      beError('BE_INSTALL_SET', /no distribution set lib23 in M.*mean lib32/),
    )
  })

  it('an invalid line is reported by number; file names with a path are invalid', () => {
    const bad = (line: string) => () => parseManifest(`${TEXT}${line}\n`, 'M')
    for (const line of [
      '<html>',
      `../etc/passwd\t${HASH}\t1\tpasswd\t"x"\ton`,
      `.hidden\t${HASH}\t1\tx\t"x"\ton`,
      `base.txz\tabc\t1\tbase\t"x"\ton`,
      `base.txz\t${HASH}\t1\t../x\t"x"\ton`,
    ]) {
      assert.throws(bad(line), beError('BE_INSTALL_MANIFEST', /M, line 5/))
    }
  })
})
