import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { type Share, ShareStore } from '../../src/state/share-store.ts'
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

  const share = (be: string, more: Partial<Share> = {}): Share => ({
    be,
    path: `/ROOT/${be}`,
    networks: ['192.168.2.0/24', '10.0.0.0/8'],
    maproot: 'root',
    readOnly: false,
    id: shares.nextId(be),
    ...more,
  })

  it('gives back what was put, all of it, by name', () => {
    const [b, a] = [share('b', { readOnly: true, networks: [] }), share('a')]
    shares.put(b)
    shares.put(a)
    assert.deepEqual(shares.all(), [a, b])
    assert.deepEqual(shares.get('b'), b)
    assert.equal(shares.get('c'), undefined)
  })

  it('replaces the share of the same BE', () => {
    shares.put(share('a'))
    shares.put(share('a', { maproot: 'nobody' }))
    assert.deepEqual(
      shares.all().map(({ maproot }) => maproot),
      ['nobody'],
    )
  })

  it('keeps the id of a BE, or clients would hold stale handles after every unshare', () => {
    const id = shares.nextId('a')
    assert.equal(shares.nextId('a'), id)
    shares.put(share('a'))
    shares.remove('a')
    assert.deepEqual(shares.all(), [])
    assert.notEqual(shares.nextId('b'), id)
    assert.equal(shares.nextId('a'), id)
  })

  it('counts from 1 and does not hand out a forgotten id next', () => {
    assert.equal(shares.nextId('a'), 1)
    assert.equal(shares.nextId('b'), 2)
    shares.forget('b')
    assert.equal(shares.nextId('c'), 3)
  })

  it('fills gaps when the ids of ganesha, 16 bits, are used up, and then says so', () => {
    db.transaction(() => {
      for (let id = 1; id <= 65535; id++) db.run('INSERT INTO share_ids (id, be) VALUES (?, ?)', id, `b${id}`)
    })
    assert.throws(() => shares.nextId('new'), beError('BE_SHARE_IDS_EXHAUSTED'))
    shares.forget('b7')
    assert.equal(shares.nextId('new'), 7)
  })

  it('refuses the id of another BE: a client would find the wrong tree behind its handle', () => {
    shares.put(share('a'))
    const stolen = share('b', { id: 1 })
    assert.throws(() => shares.put(stolen), beError('BE_SHARE_ID_TAKEN', /belongs to a/))
    assert.deepEqual(
      shares.all().map(({ be }) => be),
      ['a'],
    )
  })
})
