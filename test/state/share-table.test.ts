import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { type ShareRow, ShareTable } from '../../src/state/share-table.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state/share-table', () => {
  const tmp = temporaryDirectory()
  let db: Database
  let shares: ShareTable
  beforeEach(() => {
    db = openDatabase(tmp.path)
    shares = new ShareTable(db)
  })
  afterEach(() => db.close())

  const share = (be: string, id: number, more: Partial<ShareRow> = {}): ShareRow => ({
    be,
    path: `/ROOT/${be}`,
    clients: ['192.168.2.0/24', '10.0.0.0/8'],
    readOnly: false,
    id,
    ...more,
  })
  const names = () => shares.all().map(({ be }) => be)

  it('returns shares as they were put, in the order of their names', () => {
    const [b, a] = [
      share('b', 2, {
        readOnly: true,
        clients: [],
        maproot: 'root',
        mountPoint: true,
        children: [{ path: '/ROOT/b/usr', id: 3 }],
      }),
      share('a', 65535),
    ]
    shares.put([b])
    shares.put([a])
    assert.deepEqual(shares.all(), [a, b])
    assert.deepEqual(shares.get('b'), b)
    assert.equal(shares.get('c'), undefined)
  })

  it('replaces the share of the same BE with all its fields', () => {
    shares.put([share('a', 1, { maproot: 'nobody', mountPoint: true, children: [{ path: '/x', id: 9 }] })])
    shares.put([share('a', 2)])
    assert.deepEqual(shares.all(), [share('a', 2)])
  })

  it('removes one, and does nothing when there is none', () => {
    shares.put([share('a', 1), share('b', 2), share('c', 3)])
    shares.remove(['a', 'c'])
    shares.remove(['a'])
    assert.deepEqual(names(), ['b'])
  })

  it('refuses the id of another BE, whose clients would get another tree', () => {
    shares.put([share('a', 1, { children: [{ path: '/ROOT/a/usr', id: 7 }] })])
    assert.throws(() => shares.put([share('b', 1)]), beError('BE_SHARE_ID_TAKEN', /that of a already/))
    assert.throws(() => shares.put([share('b', 7)]), beError('BE_SHARE_ID_TAKEN', /that of a already/))
    assert.deepEqual(names(), ['a'])
  })

  it('puts all or none', () => {
    shares.put([share('a', 1)])
    assert.throws(() => shares.put([share('b', 2), share('c', 1)]), beError('BE_SHARE_ID_TAKEN'))
    assert.deepEqual(names(), ['a'])
  })

  it('reports a file handle that has changed, once: the BE was made anew', () => {
    shares.put([share('a', 1)])
    assert.equal(shares.recordHandle('/ROOT/a', 'aa'), undefined)
    assert.equal(shares.recordHandle('/ROOT/a', 'aa'), undefined)
    shares.put([share('a', 1, { readOnly: true })])
    assert.deepEqual(shares.recordHandle('/ROOT/a', 'bb'), { be: 'a', was: 'aa' })
    assert.equal(shares.recordHandle('/ROOT/a', 'bb'), undefined)
    assert.equal(shares.recordHandle('/ROOT/none', 'bb'), undefined)
  })
})
