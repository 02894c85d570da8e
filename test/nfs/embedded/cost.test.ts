import assert from 'node:assert/strict'
import fs, { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../src/net/net.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { ClientActivity } from '../../../src/nfs/embedded/client-activity.ts'
import { Exports } from '../../../src/nfs/embedded/exports.ts'
import { LIMITS, Tree } from '../../../src/nfs/embedded/files/tree.ts'
import { nfsProgram } from '../../../src/nfs/embedded/programs/nfs.ts'
import { XdrReader, XdrWriter } from '../../../src/rpc/xdr.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { PROC } from './nfs-client.ts'
import { share } from './serving.ts'

const NAMES = 1000
const CALLS = 500
const STALE = 70
const NOENT = 2
const CALLS_COUNTED = ['readdir', 'lstat', 'open', 'realpath'] as const

describe('nfs/embedded: what calls cost, in system calls', () => {
  const tmp = temporaryDirectory()
  /** How often each was made since clear(). */
  let made: Record<(typeof CALLS_COUNTED)[number], number>
  const restore: (() => void)[] = []
  let passedMs: number
  let exports: Exports
  let ask: (procedure: number, args: XdrWriter) => Promise<XdrReader>
  let dir: Buffer

  const clear = () => {
    made = { readdir: 0, lstat: 0, open: 0, realpath: 0 }
  }
  const clock: Clock = {
    ...nodeClock,
    now: () => nodeClock.now() + passedMs,
    monotonic: () => passedMs,
  }
  const path = (name: string) => join(tmp.path, 'be', name)
  const handleOf = async (parent: Buffer, name: string) => {
    const results = await ask(PROC.LOOKUP, new XdrWriter().opaque(parent).string(name))
    assert.equal(results.uint32(), 0)
    return results.opaque(64)
  }

  /** As after a restart: nothing is in memory. */
  async function start(limits = LIMITS): Promise<Buffer> {
    exports?.close()
    exports = new Exports(new Tree(clock, limits), clock, () => shares)
    const program = nfsProgram(exports, new ClientActivity(clock, () => {}, '127.0.0.1'))
    ask = async (procedure, args) => {
      const reply = new XdrWriter()
      const from = { address: '127.0.0.1', port: 900 }
      const call = { version: 3, procedure, credential: { uid: 0, gid: 0, groups: [] }, from }
      await program.answer({ ...call, transport: 'udp', args: new XdrReader(args.bytes()) }, reply)
      return new XdrReader(reply.bytes())
    }
    return (await exports.tree.root(exports.byPath(path(''))!)).handle
  }
  const shares = [share('')]

  beforeEach(async () => {
    passedMs = 0
    clear()
    for (const name of CALLS_COUNTED) {
      const original = fs[name]
      fs[name] = ((...args: unknown[]) => {
        made[name]++
        return Reflect.apply(original, fs, args)
      }) as never
      restore.push(() => {
        fs[name] = original as never
      })
    }
    mkdirSync(path('big'), { recursive: true })
    for (let i = 0; i < NAMES; i++) writeFileSync(path(`big/file${i}`), '')
    shares[0] = share(path('').replace(/\/$/, ''))
    const root = await start()
    dir = await handleOf(root, 'big')
    // A directory that has just changed is read again after a second.
    passedMs = 10_000
    clear()
  })
  afterEach(() => {
    exports.close()
    for (const undo of restore.splice(0)) undo()
  })

  const all = (make: (at: number) => Promise<XdrReader>) =>
    Promise.all(Array.from({ length: CALLS }, (_, at) => make(at)))
  const page = (cookie = 0) => new XdrWriter().opaque(dir).uint64(cookie).uint64(0).uint32(8192)

  it('hundreds of READDIRPLUS calls at once are one listing, and one examination of each name of a page', async () => {
    await all(() => ask(PROC.READDIRPLUS, page().uint32(8192)))
    assert.equal(made.readdir, 1)
    assert.ok(made.lstat <= 60, `${made.lstat} lstat(2) for a page of 8 KB`)
  })

  it('so are READDIR calls, at whatever cookies', async () => {
    await all(at => ask(PROC.READDIR, page(at * 2 ** 43)))
    assert.equal(made.readdir, 1)
    assert.ok(made.lstat <= NAMES + 5, `${made.lstat} lstat(2) for ${NAMES} names`)
    passedMs += 5000
    await all(at => ask(PROC.READDIR, page(at * 2 ** 43)))
    assert.ok(made.lstat <= NAMES + 10, `${made.lstat} lstat(2) again`)
  })

  it('a directory that has not changed is not listed again', async () => {
    for (let second = 0; second < 5; second++) {
      await ask(PROC.READDIR, page())
      passedMs += 2000
    }
    assert.equal(made.readdir, 1)
    writeFileSync(path('big/more'), '')
    await ask(PROC.READDIR, page())
    assert.equal(made.readdir, 2)
  })

  it('a directory that has just changed is listed again, as it may change within one time stamp', async () => {
    passedMs = 0
    dir = await handleOf(await start(), 'big')
    clear()
    writeFileSync(path('big/more'), '')
    for (let second = 0; second < 3; second++) {
      passedMs += 1001
      await ask(PROC.READDIR, page())
    }
    assert.ok(made.readdir >= 2, `${made.readdir} listings`)
  })

  it('LOOKUP of a name that is not there costs no listing, and the same name at once one examination', async () => {
    const missing = (name: string) => ask(PROC.LOOKUP, new XdrWriter().opaque(dir).string(name))
    for (const results of await all(() => missing('missing'))) assert.equal(results.uint32(), NOENT)
    assert.deepEqual([made.readdir, made.lstat <= 3], [0, true])
    await all(at => missing(`missing${at}`))
    assert.deepEqual([made.readdir, made.lstat <= CALLS + 6], [0, true])
  })

  /** Handles of files that are gone, in `parent`. */
  const stale = (handle: Buffer) => (at: number) => {
    const forged = Buffer.from(handle)
    forged.writeBigUInt64BE(BigInt(at) + 2n ** 40n, 8)
    return ask(PROC.GETATTR, new XdrWriter().opaque(forged))
  }

  it('stale handles cost one listing for all of them, however many directories they lead through', async () => {
    const file = await handleOf(dir, 'file7')
    clear()
    for (const results of await all(stale(file))) assert.equal(results.uint32(), STALE)
    assert.equal(made.readdir, 2, 'the root, and the directory')
    assert.ok(made.lstat <= 10, `${made.lstat} lstat(2)`)
    passedMs += 5000
    clear()
    await all(at => stale(file)(at + CALLS))
    assert.equal(made.readdir, 0)
    assert.ok(made.lstat <= 10, `${made.lstat} lstat(2)`)
  })

  it('stale handles of files deeper than handles have hashes for cost one walk for all of them', async () => {
    const deep = Array.from({ length: 26 }, (_, level) => `d${level}`)
    mkdirSync(path(`${deep.join('/')}`), { recursive: true })
    for (let i = 0; i < 50; i++) writeFileSync(path(`${deep.join('/')}/f${i}`), '')
    let handle = await start()
    for (const name of deep) handle = await handleOf(handle, name)
    const file = await handleOf(handle, 'f7')
    await start()
    passedMs += 10_000
    clear()
    for (const results of await all(stale(file))) assert.equal(results.uint32(), STALE)
    assert.ok(made.readdir <= 30, `${made.readdir} listings`)
    assert.ok(made.lstat <= 200, `${made.lstat} lstat(2)`)
    assert.equal((await ask(PROC.GETATTR, new XdrWriter().opaque(file))).uint32(), 0)
  })

  it('calls for a root that has to be examined again share that', async () => {
    const root = new XdrWriter().opaque(await start())
    passedMs += 5000
    clear()
    await all(() => ask(PROC.GETATTR, root))
    assert.ok(made.lstat + made.realpath <= 8, JSON.stringify(made))
    passedMs += 5000
    clear()
    const volume = exports.byPath(path('').replace(/\/$/, ''))!
    await Promise.all(Array.from({ length: CALLS }, () => exports.tree.root(volume)))
    assert.ok(made.lstat + made.realpath <= 8, JSON.stringify(made))
  })

  it('keeps the listings of as many names as it may, those that were used last', async () => {
    const root = await start({ ...LIMITS, names: 1500 })
    const dirs: Buffer[] = []
    for (const name of ['big', 'b2', 'b3']) {
      if (name !== 'big') {
        mkdirSync(path(name))
        for (let i = 0; i < 400; i++) writeFileSync(path(`${name}/f${i}`), '')
      }
      dirs.push(await handleOf(root, name))
    }
    passedMs += 20_000
    clear()
    const list = (at: number) =>
      ask(PROC.READDIR, new XdrWriter().opaque(dirs[at]!).uint64(0).uint64(0).uint32(512))
    await list(1)
    await list(0)
    await list(1)
    assert.equal(made.readdir, 2)
    await list(2) // 1,800 names: those of `big` go
    await list(1)
    assert.equal(made.readdir, 3)
    await list(0)
    assert.equal(made.readdir, 4)
  })

  it('finds the right file when a directory changes while many ask', async () => {
    const file = await handleOf(dir, 'file7')
    rmSync(path('big/file7'))
    renameSync(path('big/file8'), path('big/file7'))
    passedMs += 5000
    const results = await all(() => ask(PROC.GETATTR, new XdrWriter().opaque(file)))
    assert.deepEqual(new Set(results.map(one => one.uint32())), new Set([STALE]))
    assert.notDeepEqual(await handleOf(dir, 'file7'), file)
  })
})
