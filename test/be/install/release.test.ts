import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRelease, type ReleaseQuery } from '../../../src/be/install/release.ts'
import { openSource } from '../../../src/be/install/source.ts'
import { nodeFetch } from '../../../src/net/fetch.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { serveMirror } from './mirror.ts'

const web = { fetch: nodeFetch, clock: nodeClock }

describe('where a release lies in a mirror', () => {
  const tmp = temporaryDirectory()
  let closing: (() => Promise<void>) | undefined
  afterEach(() => closing?.())
  const release = (path: string) => {
    mkdirSync(join(tmp.path, path), { recursive: true })
    writeFileSync(join(tmp.path, path, 'MANIFEST'), path)
  }
  const query = (more: Partial<ReleaseQuery> = {}): ReleaseQuery => ({
    ...{ arch: 'amd64', branch: 'release', release: '11.1' },
    ...more,
  })
  const local = async (path: string, more?: Partial<ReleaseQuery>) =>
    findRelease(await openSource(join(tmp.path, path), web), query(more))
  const served = async (path: string, more?: Partial<ReleaseQuery>) => {
    const { url, close } = await serveMirror(tmp.path)
    closing = close
    return findRelease(await openSource(`${url}/${path}`, web), query(more))
  }

  for (const [how, find] of [
    ['a directory', local],
    ['a web server', served],
  ] as const) {
    it(`${how}: releases, snapshots, old releases, by any of the upper directories`, async () => {
      release('pub/FreeBSD/releases/amd64/11.1-RELEASE')
      release('pub/FreeBSD/releases/arm64/aarch64/13.2-RELEASE')
      release('pub/FreeBSD/snapshots/amd64/15.0-CURRENT')
      release('archive/old-releases/i386/9.3-RELEASE')
      const dirs = async (...given: [path: string, more?: Partial<ReleaseQuery>][]) => {
        const found = []
        for (const [path, more] of given) {
          found.push((await find(path, more)).manifest)
          await closing?.()
          closing = undefined
        }
        return found
      }
      assert.deepEqual(
        await dirs(
          ['pub'],
          ['pub/FreeBSD'],
          ['.'],
          ['pub', { release: '11.1-RELEASE' }],
          ['pub', { arch: 'arm64', release: '13.2' }],
          ['pub', { branch: 'current', release: '15.0' }],
          ['archive', { arch: 'i386', release: '9.3' }],
        ),
        [
          ...Array(4).fill('pub/FreeBSD/releases/amd64/11.1-RELEASE'),
          'pub/FreeBSD/releases/arm64/aarch64/13.2-RELEASE',
          'pub/FreeBSD/snapshots/amd64/15.0-CURRENT',
          'archive/old-releases/i386/9.3-RELEASE',
        ],
      )
    })

    it(`${how}: the release itself, named or not`, async () => {
      release('my/build')
      assert.deepEqual(await find('my/build', { release: undefined }), {
        ...{ dir: '', name: 'build', manifest: 'my/build' },
      })
    })

    it(`${how}: a missing release: the error names those that are there`, async () => {
      for (const number of ['9.3', '11.2', '12.4', '14.1'])
        release(`FreeBSD/releases/amd64/${number}-RELEASE`)
      await assert.rejects(
        find('.'),
        beError('BE_INSTALL_NO_RELEASE', /no FreeBSD 11\.1-RELEASE for amd64 .*did you mean 11\.2 /),
      )
      await closing?.()
      await assert.rejects(
        find('.', { release: '8.0-RC1' }),
        beError('BE_INSTALL_NO_RELEASE', /it has 9\.3, 11\.2/),
      )
      await closing?.()
      await assert.rejects(find('.', { release: undefined }), beError('BE_INSTALL_RELEASE', /-r with 9\.3/))
    })
  }

  it('nothing there, no mirror, no release', async () => {
    await assert.rejects(local('.'), beError('BE_INSTALL_NO_RELEASE', /-p/))
    await assert.rejects(local('none'), beError('BE_INSTALL_MIRROR', /no mirror of releases at .*none/))
    await assert.rejects(local('.', { release: '../../etc' }), beError('BE_INSTALL_RELEASE'))
  })
})
