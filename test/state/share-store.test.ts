import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { type ShareRow, ShareStore } from '../../src/state/share-store.ts'
import { beError, temporaryDirectory } from '../temporary.ts'

describe('shares', () => {
  const tmp = temporaryDirectory()
  let db: Database
  let shares: ShareStore
  beforeEach(() => {
    db = openDatabase(tmp.path)
    shares = new ShareStore(db)
  })
  afterEach(() => db.close())

  const share = (be: string, id: number, more: Partial<ShareRow> = {}): ShareRow => ({
    be,
    path: `/ROOT/${be}`,
    clients: ['192.168.2.0/24', '10.0.0.0/8'],
    maproot: 'root',
    readOnly: false,
    id,
    ...more,
  })

  it('gives back what was put, all of it, by name', () => {
    const { maproot: _, ...b } = share('b', 2, { readOnly: true })
    const a = share('a', 1)
    shares.put(b)
    shares.put(a)
    assert.deepEqual(shares.all(), [a, b])
    assert.deepEqual(shares.get('b'), b)
    assert.equal(shares.get('c'), undefined)
  })

  it('replaces the share of the same BE', () => {
    shares.put(share('a', 1))
    shares.put(share('a', 1, { maproot: 'nobody' }))
    assert.deepEqual(
      shares.all().map(({ maproot }) => maproot),
      ['nobody'],
    )
  })

  it('forgets a share, and is not troubled by one that is not there', () => {
    shares.put(share('a', 1))
    shares.remove('a')
    shares.remove('a')
    assert.deepEqual(shares.all(), [])
  })

  it('never stores two with one id: their handles could be taken for each other', () => {
    shares.put(share('a', 1))
    assert.throws(() => shares.put(share('b', 1)), beError('BE_STATE_FAILED'))
    assert.deepEqual(
      shares.all().map(({ be }) => be),
      ['a'],
    )
  })
})
