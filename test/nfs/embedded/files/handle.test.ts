import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  decodeHandle,
  encodeHandle,
  MAX_HASHES,
  nameHash,
} from '../../../../src/nfs/embedded/files/handle.ts'
import { beError } from '../../../support/errors.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'
import { NfsError } from '../nfs-client.ts'
import { type Serving, serve, share } from '../serving.ts'

const STALE = 70
const stale = (error: unknown) => error instanceof NfsError && error.status === STALE

describe('nfs/embedded/files/handle', () => {
  it('decodes to what was encoded, in 64 bytes at most', () => {
    const parts = fc.record({
      volume: fc.integer({ min: 1, max: 65535 }),
      inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      generation: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      hashes: fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 40 }),
    })
    fc.assert(
      fc.property(parts, given => {
        const handle = encodeHandle(given)
        assert.ok(handle.length <= 64)
        assert.deepEqual(decodeHandle(handle), { ...given, hashes: given.hashes.slice(0, MAX_HASHES) })
      }),
    )
  })

  for (const byDescriptor of [true, false]) {
    describe(byDescriptor ? 'by descriptor, as on Linux' : 'by path, without /proc', () => {
      const tmp = temporaryDirectory()
      let nfs: Serving
      let root: Buffer
      const path = (name: string) => join(tmp.path, 'be', name)

      beforeEach(async () => {
        mkdirSync(path('usr/lib'), { recursive: true })
        writeFileSync(path('usr/lib/libc.so'), 'libc')
        nfs = await serve([share(join(tmp.path, 'be'))], byDescriptor)
        root = await nfs.client.mnt(join(tmp.path, 'be'))
      })
      afterEach(() => nfs.server.stop(1000))

      it('finds its file after a restart, whatever else was renamed', async () => {
        const libc = await nfs.client.walk(root, 'usr/lib/libc.so')
        renameSync(join(tmp.path, 'be'), join(tmp.path, 'moved'))
        renameSync(join(tmp.path, 'moved'), join(tmp.path, 'be'))
        writeFileSync(path('usr/lib/libm.so'), '')
        renameSync(path('usr/lib/libm.so'), path('usr/lib/libmath.so'))
        await nfs.restart()
        assert.equal((await nfs.client.read(libc, 0, 10)).data.toString(), 'libc')
      })

      it('is stale when another file has its name, also by rename', async () => {
        const libc = await nfs.client.walk(root, 'usr/lib/libc.so')
        writeFileSync(path('usr/lib/new'), 'new')
        renameSync(path('usr/lib/new'), path('usr/lib/libc.so'))
        await nfs.restart()
        await assert.rejects(nfs.client.getattr(libc), stale)
        const again = await nfs.client.walk(root, 'usr/lib/libc.so')
        assert.notDeepEqual(again, libc)
        assert.equal((await nfs.client.read(again, 0, 10)).data.toString(), 'new')
      })

      it('is stale when the share is another directory of the same name', async () => {
        rmSync(join(tmp.path, 'be'), { recursive: true })
        mkdirSync(join(tmp.path, 'other'))
        mkdirSync(path('usr/lib'), { recursive: true })
        await nfs.restart()
        await assert.rejects(nfs.client.getattr(root), stale)
      })

      it('finds files deeper than it has hashes for', async () => {
        const deep = Array.from({ length: 30 }, (_, level) => `d${level}`).join('/')
        mkdirSync(path(`${deep}/side`), { recursive: true })
        writeFileSync(path(`${deep}/side/file`), 'deep')
        const file = await nfs.client.walk(root, `${deep}/side/file`)
        assert.equal(file.length, 64)
        await nfs.restart()
        assert.equal((await nfs.client.read(file, 0, 10)).data.toString(), 'deep')
      })

      it('finds the right one of two names with the same hash', async () => {
        const seen = new Map<number, string>()
        let twins: [string, string] | undefined
        for (let i = 0; twins === undefined; i++) {
          const other = seen.get(nameHash(`n${i}`))
          if (other !== undefined) twins = [other, `n${i}`]
          seen.set(nameHash(`n${i}`), `n${i}`)
        }
        for (const name of twins) {
          mkdirSync(path(name))
          writeFileSync(path(`${name}/file`), name)
        }
        const handles = await Promise.all(twins.map(name => nfs.client.walk(root, `${name}/file`)))
        await nfs.restart()
        for (const [at, handle] of handles.entries()) {
          assert.equal((await nfs.client.read(handle, 0, 10)).data.toString(), twins[at])
        }
      })

      it('never reads over a symbolic link that replaced a directory on the path', async () => {
        mkdirSync(join(tmp.path, 'outside'))
        writeFileSync(join(tmp.path, 'outside/libc.so'), 'secret')
        const libc = await nfs.client.walk(root, 'usr/lib/libc.so')
        const lib = await nfs.client.walk(root, 'usr/lib')
        renameSync(path('usr/lib'), path('usr/gone'))
        symlinkSync(join(tmp.path, 'outside'), path('usr/lib'))
        const read = async (handle: Promise<Buffer> | Buffer) =>
          (await nfs.client.read(await handle, 0, 10)).data.toString()
        for (const attempt of [() => read(libc), () => read(nfs.client.walk(lib, 'libc.so'))]) {
          const text = await attempt().catch(error => {
            if (!stale(error)) throw error
            return 'stale'
          })
          assert.notEqual(text, 'secret')
        }
        await nfs.restart()
        await assert.rejects(nfs.client.getattr(libc), stale)
      })

      it('never serves a child whose path has a symbolic link in it now', async () => {
        const home = path('usr/home')
        for (const dir of [home, join(tmp.path, 'outside/home')]) mkdirSync(dir, { recursive: true })
        writeFileSync(join(tmp.path, 'outside/home/secret'), 'secret')
        nfs.shares = [share(join(tmp.path, 'be'), { children: [{ path: home, id: 4712 }] })]
        const child = await nfs.client.mnt(home)
        await nfs.restart()
        renameSync(path('usr'), path('away'))
        symlinkSync(join(tmp.path, 'outside'), path('usr'))
        await assert.rejects(nfs.client.mnt(home), beError('BE_MNT_ACCES'))
        await assert.rejects(nfs.client.getattr(child), stale)
        rmSync(path('usr'))
        renameSync(path('away'), path('usr'))
        assert.deepEqual(await nfs.client.mnt(home), child)
      })
    })
  }
})
