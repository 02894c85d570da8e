import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { XdrWriter } from '../../../../src/rpc/xdr.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'
import { NfsError, PROC, readPostOp } from '../nfs-client.ts'
import { type Serving, serve, share } from '../serving.ts'

const status = (wanted: number) => (error: unknown) => {
  assert.ok(error instanceof NfsError, String(error))
  assert.equal(error.status, wanted)
  return true
}
const NOENT = 2
const ACCES = 13
const NOTDIR = 20
const ROFS = 30
const BADHANDLE = 10001
const TOOSMALL = 10005

describe('nfs/embedded/programs/nfs', () => {
  const tmp = temporaryDirectory()
  let nfs: Serving
  let root: Buffer

  const path = (name: string) => join(tmp.path, 'be', name)

  beforeEach(async () => {
    mkdirSync(path('boot'), { recursive: true })
    writeFileSync(join(tmp.path, 'secret'), 'not yours')
    nfs = await serve([share(path(''))])
    root = await nfs.client.mnt(path(''))
  })
  afterEach(() => nfs.server.stop(1000))

  it('GETATTR returns what stat(2) does', async () => {
    writeFileSync(path('kernel'), 'x'.repeat(5000))
    chmodSync(path('kernel'), 0o4751)
    const { handle, attr } = await nfs.client.lookup(root, 'kernel')
    const { ino, mtimeMs } = statSync(path('kernel'), { bigint: true })
    const mtime = Number(mtimeMs / 1000n)
    const wanted = { type: 1, mode: 0o4751, nlink: 1, uid: 0, gid: 0, size: 5000, fsid: 4711 }
    assert.deepEqual(attr, { ...wanted, fileid: ino, mtime })
    assert.deepEqual(await nfs.client.getattr(handle), attr)
  })

  it('READ returns any part of a file, over both transports, and eof', async () => {
    const bytes = randomBytes(600_001)
    writeFileSync(path('kernel'), bytes)
    const { handle } = await nfs.client.lookup(root, 'kernel')
    assert.deepEqual(await nfs.udp.readFile(handle, 1024 * 31), bytes)
    assert.deepEqual(await nfs.client.readFile(handle, 1 << 20), bytes)
    const across = await nfs.client.read(handle, (256 << 10) - 5, 10)
    assert.deepEqual(across, { data: bytes.subarray((256 << 10) - 5, (256 << 10) + 5), eof: false })
    assert.deepEqual(await nfs.client.read(handle, bytes.length, 10), { data: Buffer.alloc(0), eof: true })
    assert.deepEqual(await nfs.client.read(handle, 2 ** 40, 10), { data: Buffer.alloc(0), eof: true })
    assert.equal((await nfs.udp.read(handle, 0, 1 << 20)).data.length, 32 << 10)
  })

  it('READ returns eof at once for a file that was truncated since its attributes were cached', async () => {
    writeFileSync(path('log'), 'x'.repeat(600_000))
    const { handle } = await nfs.client.lookup(root, 'log')
    assert.equal((await nfs.client.read(handle, 0, 10)).eof, false)
    truncateSync(path('log'), 100)
    assert.deepEqual(await nfs.client.read(handle, 530_000, 10), { data: Buffer.alloc(0), eof: true })
  })

  it('READ returns changes made on the host after a second', async () => {
    writeFileSync(path('rc.conf'), 'old')
    const { handle } = await nfs.client.lookup(root, 'rc.conf')
    assert.equal((await nfs.client.read(handle, 0, 100)).data.toString(), 'old')
    appendFileSync(path('rc.conf'), ' and new')
    while ((await nfs.client.getattr(handle)).size === 3) await new Promise(done => setTimeout(done, 50))
    assert.equal((await nfs.client.read(handle, 0, 100)).data.toString(), 'old and new')
  })

  it('READLINK returns the text of a symbolic link, which the server never follows', async () => {
    symlinkSync('../secret', path('out'))
    symlinkSync('/', path('top'))
    const { handle, attr } = await nfs.client.lookup(root, 'out')
    assert.equal(attr?.type, 5)
    assert.equal(await nfs.client.readlink(handle), '../secret')
    await assert.rejects(nfs.client.read(handle, 0, 10), status(22))
    const top = await nfs.client.lookup(root, 'top')
    await assert.rejects(nfs.client.lookup(top.handle, 'etc'), status(NOTDIR))
  })

  it('LOOKUP does not lead above the root, and takes single names only', async () => {
    assert.deepEqual((await nfs.client.lookup(root, '..')).handle, root)
    const boot = (await nfs.client.lookup(root, 'boot')).handle
    assert.deepEqual((await nfs.client.lookup(boot, '..')).handle, root)
    for (const name of ['../secret', 'boot/..', '', 'a\0b']) {
      await assert.rejects(nfs.client.lookup(root, name), status(ACCES), JSON.stringify(name))
    }
    await assert.rejects(nfs.client.lookup(root, 'secret'), status(NOENT))
    await assert.rejects(nfs.client.lookup(root, 'x'.repeat(256)), status(63))
  })

  it('every procedure that modifies is answered with ROFS and attributes', async () => {
    const writing = [2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21]
    for (const procedure of writing) {
      const results = await nfs.client.raw(procedure, new XdrWriter().opaque(root).string('new').uint32(0))
      assert.equal(results.uint32(), ROFS, `procedure ${procedure}`)
      if (procedure !== PROC.LINK) assert.equal(results.bool(), false)
      assert.equal(readPostOp(results)?.type, 2)
      const rest = procedure === PROC.RENAME || procedure === PROC.LINK ? 8 : 0
      assert.equal(results.left, rest, `procedure ${procedure}`)
    }
  })

  it('ACCESS grants what the mode does, and no writing', async () => {
    writeFileSync(path('script'), '')
    chmodSync(path('script'), 0o640)
    const { handle } = await nfs.client.lookup(root, 'script')
    assert.equal(await nfs.client.access(handle), 1)
    chmodSync(path('script'), 0o750)
    await nfs.restart()
    assert.equal(await nfs.client.access(handle), 1 | 0x20)
    assert.equal(await nfs.client.access(root), 1 | 2)
    nfs.shares = [share(path(''), { maproot: undefined })]
    assert.equal(await nfs.client.access(handle), 0)
    await assert.rejects(nfs.client.read(handle, 0, 10), status(ACCES))
  })

  it('READDIRPLUS returns every name once, in pages of any size, while names are added and removed', async () => {
    for (let i = 0; i < 500; i++) writeFileSync(path(`boot/f${i}`), '')
    const boot = (await nfs.client.lookup(root, 'boot')).handle
    const whole = (await nfs.client.list(boot, 4096)).map(({ name }) => name)
    assert.equal(new Set(whole).size, 502)
    assert.equal(whole.length, 502)
    const first = await nfs.client.readdirplus(boot, 0, 20_000)
    assert.ok(!first.eof)
    const listed = new Set(first.entries.map(({ name }) => name))
    rmSync(path(`boot/${first.entries.at(-1)!.name}`))
    for (let i = 0; i < 100; i++) writeFileSync(path(`boot/g${i}`), '')
    await nfs.restart()
    for (let { cookie } = first.entries.at(-1)!; ; ) {
      const page = await nfs.client.readdirplus(boot, cookie, 20_000)
      for (const { name } of page.entries) {
        assert.ok(!listed.has(name), name)
        listed.add(name)
      }
      if (page.eof) break
      cookie = page.entries.at(-1)!.cookie
    }
    for (let i = 0; i < 500; i++) assert.ok(listed.has(`f${i}`), `f${i}`)
  })

  it('READDIRPLUS returns the attributes and handles of LOOKUP, and names as bytes', async () => {
    for (const name of ['größe', 'a b', '-', 'x'.repeat(255)]) writeFileSync(path(`boot/${name}`), name)
    writeFileSync(Buffer.concat([Buffer.from(path('boot/')), Buffer.of(0xff, 0xfe)]), '')
    const boot = (await nfs.client.lookup(root, 'boot')).handle
    const entries = await nfs.client.list(boot, 4096, true)
    assert.equal(entries.length, 7)
    for (const { name, attr, handle, fileid } of entries) {
      if (name.includes('\ufffd')) continue
      const found = await nfs.client.lookup(boot, name)
      assert.deepEqual(handle, found.handle, name)
      assert.deepEqual(attr, found.attr, name)
      assert.equal(fileid, found.attr?.fileid)
    }
    await assert.rejects(nfs.client.readdir(boot, 0, 100), status(TOOSMALL))
  })

  it('lists a directory of 20,000 files', async () => {
    const big = join(tmp.path, 'big')
    mkdirSync(big)
    execFileSync('mount', ['-t', 'tmpfs', 'nbe', big])
    try {
      for (let i = 0; i < 20_000; i++) writeFileSync(join(big, `file${i}`), '')
      nfs.shares = [share(big, { id: 4713 })]
      const names = (await nfs.client.list(await nfs.client.mnt(big), 64 << 10, true)).map(({ name }) => name)
      assert.equal(names.length, 20_002)
      assert.equal(new Set(names).size, 20_002)
    } finally {
      await nfs.server.stop(1000)
      execFileSync('umount', [big])
    }
  })

  it('a file system mounted inside is an empty directory, and can be exported by its own path', async () => {
    const usr = path('usr')
    mkdirSync(usr)
    execFileSync('mount', ['-t', 'tmpfs', 'nbe', usr])
    try {
      writeFileSync(join(usr, 'bin'), 'below')
      const covered = (await nfs.client.lookup(root, 'usr')).handle
      assert.deepEqual(
        (await nfs.client.list(covered, 4096)).map(({ name }) => name),
        ['.', '..'],
      )
      await assert.rejects(nfs.client.lookup(covered, 'bin'), status(NOENT))
      await assert.rejects(nfs.client.mnt(usr), /BE_MNT_ACCES|does not export/)
      nfs.shares = [share(path(''), { children: [{ path: usr, id: 4712 }] })]
      const child = await nfs.client.mnt(usr)
      const { handle, attr } = await nfs.client.lookup(child, 'bin')
      assert.equal(attr?.fsid, 4712)
      assert.equal((await nfs.client.read(handle, 0, 10)).data.toString(), 'below')
      assert.deepEqual((await nfs.client.lookup(child, '..')).handle, child)
      assert.notEqual((await nfs.client.getattr(covered)).fileid, (await nfs.client.getattr(root)).fileid)
      nfs.shares = []
      await assert.rejects(nfs.client.getattr(child), status(70))
    } finally {
      // Works only if nothing is open in a volume that is not exported any more.
      execFileSync('umount', [usr])
    }
  })

  it('a bind mount inside is an empty directory, and a file mounted inside cannot be read', async () => {
    const usr = path('usr')
    mkdirSync(usr)
    writeFileSync(path('resolv.conf'), '')
    mkdirSync(join(tmp.path, 'home'))
    writeFileSync(join(tmp.path, 'home/secret'), 'secret')
    execFileSync('mount', ['--bind', join(tmp.path, 'home'), usr])
    execFileSync('mount', ['--bind', join(tmp.path, 'secret'), path('resolv.conf')])
    try {
      for (const again of [1, 2]) {
        const { handle } = await nfs.client.lookup(root, 'usr')
        await assert.rejects(nfs.client.lookup(handle, 'secret'), status(NOENT), `${again}`)
        assert.equal((await nfs.client.list(handle, 4096)).length, 2)
        const file = (await nfs.client.lookup(root, 'resolv.conf')).handle
        await assert.rejects(nfs.client.read(file, 0, 10), status(ACCES))
      }
    } finally {
      await nfs.server.stop(1000)
      execFileSync('umount', [usr, path('resolv.conf')])
    }
  })

  it('admits only clients of the share’s networks, whatever handle they have', async () => {
    nfs.shares = [share(path(''), { clients: ['10.0.0.0/8', '192.168.2.7/32'] })]
    await assert.rejects(nfs.client.mnt(path('')), /does not export/)
    await assert.rejects(nfs.client.getattr(root), status(ACCES))
    nfs.shares = [share(path(''), { clients: ['10.0.0.0/8', '127.0.0.1/32'] })]
    assert.equal((await nfs.client.getattr(root)).type, 2)
  })

  it('BADHANDLE for a handle of another server, STALE for one whose file is gone', async () => {
    for (const handle of [Buffer.alloc(0), Buffer.alloc(16), Buffer.alloc(64, 0xff)]) {
      await assert.rejects(nfs.client.getattr(handle), status(BADHANDLE))
    }
    rmSync(path('boot'), { recursive: true })
    await nfs.restart()
    const forged = Buffer.from(root)
    forged.writeBigUInt64BE(1n, 8)
    await assert.rejects(nfs.client.getattr(forged), status(70))
  })

  it('FSINFO, FSSTAT and PATHCONF return what a kernel needs', async () => {
    const args = new XdrWriter().opaque(root)
    const info = await nfs.client.call(PROC.FSINFO, args)
    readPostOp(info)
    assert.deepEqual([info.uint32(), info.uint32()], [1 << 20, 1 << 20])
    const small = await nfs.udp.call(PROC.FSINFO, args)
    readPostOp(small)
    assert.equal(small.uint32(), 32 << 10)
    const stat = await nfs.client.call(PROC.FSSTAT, args)
    readPostOp(stat)
    assert.ok(stat.uint64() > 0)
    assert.equal(stat.left, 5 * 8 + 4)
    const conf = await nfs.client.call(PROC.PATHCONF, args)
    readPostOp(conf)
    assert.equal(conf.left, 24)
  })
})
