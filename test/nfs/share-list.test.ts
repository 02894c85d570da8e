import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  clientNetwork,
  fragmentName,
  pathsOf,
  type Share,
  withoutShares,
  withShares,
} from '../../src/nfs/share-list.ts'
import { beError } from '../support/errors.ts'
import { aRequest, aShare } from './shares.ts'

describe('nfs/share-list', () => {
  /** The id that a BE gets beside these. */
  const idOf = (be: string, beside: Share[] = []): number =>
    withShares(beside, [aRequest(be)]).find(share => share.be === be)!.id

  it('a BE keeps its id when it is shared again, so that handles of running machines stay valid', () => {
    const id = idOf('head')
    assert.equal(idOf('head'), id)
    assert.equal(idOf('head', [aShare('head', { id: 7 })]), 7)
    assert.notEqual(idOf('other'), id)
  })

  it('ids are unique, and within the range of an Export_Id', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 50 }), names => {
        let shares: Share[] = []
        for (const be of names) {
          const request = { ...aRequest(be), path: `/ROOT/${be}/`, children: [`/ROOT/${be}/ usr`] }
          shares = withShares(shares, [request])
        }
        const ids = shares.flatMap(pathsOf).map(({ id }) => id)
        assert.equal(new Set(ids).size, 2 * names.length)
        assert.ok(ids.every(id => id >= 1 && id <= 65535))
      }),
    )
    const taken = aShare('x', { id: idOf('head') })
    assert.notEqual(idOf('head', [taken]), taken.id)
  })

  it('a child keeps its id too, whatever other children come or go', () => {
    const [first] = withShares([], [aRequest('head', { children: ['/ROOT/head/usr', '/ROOT/head/var'] })])
    const [again] = withShares([first!], [aRequest('head', { children: ['/ROOT/head/var'] })])
    assert.deepEqual(again!.children, [first!.children![1]])
    assert.equal(again!.id, first!.id)
  })

  it('converts clients to networks, and refuses what is no client', () => {
    assert.equal(clientNetwork('192.168.2.77/24'), '192.168.2.0/24')
    assert.equal(clientNetwork('10.0.0.7'), '10.0.0.7/32')
    for (const bad of ['', 'lab', '10.0.0.0/33', '::1', '10.0.0', '10.0.0.0/24 0.0.0.0/0']) {
      assert.throws(() => clientNetwork(bad), beError('BE_EXPORT_CLIENT'), bad)
    }
  })

  it('refuses an empty list of clients, which would export to all', () => {
    assert.throws(() => withShares([], [aRequest('head', { clients: [] })]), beError('BE_EXPORT_TO_WORLD'))
  })

  it('replaces a BE’s share, refuses one path for two BEs, sorts', () => {
    const head = aShare('head')
    const changed = withShares([head], [aRequest('head', { readOnly: true })])
    assert.deepEqual(
      changed.map(({ readOnly }) => readOnly),
      [true],
    )
    const twin = aRequest('twin', { path: head.path })
    assert.throws(() => withShares([head], [twin]), beError('BE_EXPORT_PATH_TAKEN', /as head/))
    const child = aRequest('twin', { children: [head.path] })
    assert.throws(() => withShares([head], [child]), beError('BE_EXPORT_PATH_TAKEN', /as head/))
    assert.deepEqual(
      withShares([head], [aRequest('a')]).map(({ be }) => be),
      ['a', 'head'],
    )
    assert.deepEqual(withoutShares([head], ['head']), [])
  })

  it('fragment names are of plain characters, readable, and unique', () => {
    assert.equal(fragmentName(aShare('head')), 'head')
    assert.equal(fragmentName(aShare('bd/be/test', { id: 9 })), 'bd-be-test.9')
    assert.equal(fragmentName(aShare('12.1', { id: 9 })), '12.1.9')
    const names = fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }))
    fc.assert(
      fc.property(
        names.filter(([a, b]) => a !== b),
        ([a, b]) => {
          const files = [fragmentName(aShare(a, { id: 1 })), fragmentName(aShare(b, { id: 2 }))]
          assert.notEqual(files[0], files[1])
          for (const file of files) assert.match(file, /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/)
        },
      ),
    )
  })
})
