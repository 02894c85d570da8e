import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { CodesOf } from '../../src/errors/codes/index.ts'
import { BeError } from '../../src/errors/errors.ts'
import { localHost } from '../../src/host/local.ts'
import { nodeClock } from '../../src/net/node.ts'
import type { NfsDriver } from '../../src/nfs/driver.ts'
import { noneDriver } from '../../src/nfs/drivers/none.ts'
import { type ShareContext, shareBes, unshareBes } from '../../src/nfs/share.ts'
import type { Share } from '../../src/nfs/share-list.ts'
import { checkSharePath } from '../../src/nfs/share-path.ts'
import { beError } from '../support/errors.ts'
import { withTemporaryDirectory } from '../support/temporary.ts'
import { memoryStore } from './memory-store.ts'
import { NfsHost } from './nfs-host.ts'

/** Exports on the fake NFS host; `broken` makes the reload fail, or have no effect. */
class FakeDriver implements NfsDriver {
  readonly name = 'ganesha'
  readonly managesExports = true
  readonly settleMs = 0
  readonly host: NfsHost
  broken: 'reload' | 'ignored' | undefined
  exported: Share[] = []

  constructor(host: NfsHost) {
    this.host = host
  }

  async check(): Promise<void> {}

  fragment = (share: Share) => ({ fileName: share.be, text: share.path })

  async apply(shares: Share[]) {
    const before = this.exported
    const apply = async (): Promise<void> => {
      if (this.broken === 'reload') throw new BeError('BE_PROGRAM_FAILED', 'no reload')
      if (this.broken !== 'ignored') this.#export(shares)
    }
    return [{ what: 'export', apply, undo: async () => this.#export(before) }]
  }

  refusalReason = async (share: Share): Promise<string> => `line 3: ${share.path} rejected`

  #export(shares: Share[]): void {
    this.exported = shares
    this.host.exports.clear()
    for (const { path, id } of shares) this.host.exports.set(path, Buffer.from([id >> 8, id & 255]))
  }
}

describe('nfs/share', () => {
  let host: NfsHost
  let driver: FakeDriver
  let context: ShareContext
  beforeEach(async () => {
    host = await NfsHost.start()
    driver = new FakeDriver(host)
    const { network } = host
    const store = memoryStore()
    context = { driver, store, network, clock: nodeClock, host: localHost(), server: '127.0.0.1' }
  })
  afterEach(() => host.server.stop())

  const request = (path: string, be = 'head', readOnly = false) => ({
    be,
    path,
    clients: ['127.0.0.0/8'],
    maproot: 'root',
    readOnly,
  })
  const shared = (): string[] => context.store.all().map(({ be }) => be)

  it('returns the handle that MNT granted, and stores the share', () =>
    withTemporaryDirectory(async dir => {
      const [root] = (await shareBes(context, [request(dir)]))!
      const [share] = context.store.all()
      assert.deepEqual(root!.handle, Buffer.from([share!.id >> 8, share!.id & 255]))
      assert.equal(share!.clients[0], '127.0.0.0/8')
    }))

  it('with dryRun prints the steps and changes nothing', () =>
    withTemporaryDirectory(async dir => {
      const printed: string[] = []
      const root = await shareBes(context, [request(dir)], { dryRun: true, say: line => printed.push(line) })
      assert.equal(root, undefined)
      assert.deepEqual(shared(), [])
      assert.equal(host.server.received.length, 0)
      assert.deepEqual(printed, [
        'export',
        `mount 127.0.0.1:${dir} to see that a handle comes`,
        'remember the share of head',
      ])
    }))

  it('a refusal that lasts after the reload undoes everything and quotes the server’s log', () =>
    withTemporaryDirectory(async dir => {
      driver.broken = 'ignored'
      await assert.rejects(shareBes(context, [request(dir)]), beError('BE_MNT_ACCES', /line 3: .* rejected/))
      assert.deepEqual([shared(), driver.exported], [[], []])
    }))

  it('a change of a share that fails leaves the former one in force', () =>
    withTemporaryDirectory(async dir => {
      await shareBes(context, [request(dir)])
      host.status = 10006
      await assert.rejects(shareBes(context, [request(dir, 'head', true)]), beError('BE_MNT_SERVERFAULT'))
      assert.equal(context.store.all()[0]!.readOnly, false)
      assert.equal(driver.exported[0]!.readOnly, false)
    }))

  it('a mountd that is down, a failed reload: an error of its own each, nothing is stored', () =>
    withTemporaryDirectory(async dir => {
      driver.broken = 'reload'
      await assert.rejects(shareBes(context, [request(dir)]), beError('BE_PROGRAM_FAILED'))
      driver.broken = undefined
      host.unregistered.add('100005/udp').add('100005/tcp')
      await assert.rejects(shareBes(context, [request(dir)]), beError('BE_MOUNTD_NOT_REGISTERED'))
      assert.deepEqual([shared(), driver.exported], [[], []])
    }))

  it('unshareBes resolves when MNT refuses', () =>
    withTemporaryDirectory(async dir => {
      await shareBes(context, [request(dir)])
      await unshareBes(context, ['head'])
      assert.deepEqual([shared(), driver.exported], [[], []])
      await assert.rejects(unshareBes(context, ['head']), beError('BE_NOT_SHARED'))
    }))

  it('a path that can still be mounted after unshare is an error, not a success', () =>
    withTemporaryDirectory(async dir => {
      await shareBes(context, [request(dir)])
      driver.broken = 'ignored'
      await assert.rejects(
        unshareBes(context, ['head']),
        beError('BE_UNSHARE_STILL_EXPORTED', /another exports file/),
      )
      assert.deepEqual(shared(), ['head'])
    }))

  it('with driver none, only paths that are exported already can be shared', async () => {
    const none = { ...context, driver: noneDriver('freebsd') }
    await assert.rejects(shareBes(none, [request('/export/head')]), beError('BE_MNT_ACCES'))
    host.exports.set('/export/head', Buffer.from('handle'))
    assert.equal((await shareBes(none, [request('/export/head')]))![0]!.handle.toString(), 'handle')
    await unshareBes(none, ['head'])
    assert.deepEqual(shared(), [])
  })

  it('the fragment of driver none is a line to paste', () => {
    const share = { ...request('/ROOT/head'), id: 5 }
    assert.deepEqual(noneDriver('freebsd').fragment(share), {
      fileName: 'head.exports',
      text: '/ROOT/head -maproot=root -network 127.0.0.0 -mask 255.0.0.0\n',
    })
    assert.match(noneDriver('linux').fragment(share).text, /fsid=5\)$/m)
  })

  it('refuses a path that exports(5) cannot hold, before anything is written', () =>
    withTemporaryDirectory(async dir => {
      await writeFile(join(dir, 'file'), '')
      await mkdir(join(dir, 'real/below'), { recursive: true })
      await symlink(join(dir, 'real'), join(dir, 'link'))
      const refused = (path: string, code: CodesOf<'BE_SHARE_PATH_'>) =>
        assert.rejects(checkSharePath(localHost(), path), beError(code))
      await refused('ROOT/head', 'BE_SHARE_PATH_RELATIVE')
      await refused(join(dir, 'none'), 'BE_SHARE_PATH_MISSING')
      await refused(join(dir, 'file'), 'BE_SHARE_PATH_NOT_DIRECTORY')
      await refused(join(dir, 'link'), 'BE_SHARE_PATH_LINK')
      await refused(join(dir, 'link/below'), 'BE_SHARE_PATH_LINK')
      await refused(`${dir}/real/../real`, 'BE_SHARE_PATH_LINK')
      await assert.rejects(shareBes(context, [request(join(dir, 'link'))]), beError('BE_SHARE_PATH_LINK'))
      assert.deepEqual(shared(), [])
    }))
})
