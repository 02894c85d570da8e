import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DataSets } from '../../../src/be/zfs/datasets.ts'
import { ZfsStore } from '../../../src/be/zfs/store.ts'
import { sweep } from '../../../src/be/zfs/sweep.ts'
import { Zfs } from '../../../src/be/zfs/zfs.ts'
import { programMissing } from '../../../src/host/run.ts'
import { beError } from '../../support/errors.ts'
import { hostBy, ZfsPool } from '../../support/zfs.ts'

describe('zfs store', function () {
  this.timeout(120_000)
  let pool: ZfsPool
  let store: ZfsStore
  let said: string[] = []

  before(async () => {
    pool = await ZfsPool.open()
    store = new ZfsStore({
      parent: pool.parent,
      root: pool.root,
      host: pool.host,
      warn: line => said.push(line),
    })
  })
  beforeEach(() => {
    said = []
  })
  afterEach(() => pool.clear())
  after(() => pool?.close())

  const at = (...path: string[]) => join(pool.root, ...path)
  const names = async () => (await store.list()).map(({ name }) => name)
  const outside = (...argv: string[]) => execFileSync(argv[0]!, argv.slice(1), { stdio: 'pipe' })
  const property = (name: string, of: string) =>
    pool.zfs('get', '-H', '-o', 'value', name, `${pool.parent}/${of}`)
  /** A BE of two data sets, the smallest deep one. */
  const deep = async (name = 'a') => {
    await store.create(name, 'flat')
    await pool.zfs('create', '-o', 'canmount=noauto', '-o', 'setuid=off', `${pool.parent}/${name}/sub`)
    await store.mount(name)
    writeFileSync(at(name, 'sub/file'), 'mine')
  }

  it('makes the root directory for root alone, and leaves one as it is', async () => {
    await store.create('a', 'flat')
    assert.equal(lstatSync(pool.root).mode & 0o7777, 0o700)
    chmodSync(pool.root, 0o755)
    await store.create('b', 'flat')
    assert.equal(lstatSync(pool.root).mode & 0o7777, 0o755)
  })

  it('lists none before the first, and nothing that is no BE', async () => {
    assert.deepEqual(await names(), [])
    await pool.zfs('create', '-o', 'canmount=off', `${pool.parent}/group`)
    await pool.zfs('create', '-o', 'mountpoint=none', `${pool.parent}/.new-by-hand`)
    assert.deepEqual(await names(), [])
    await assert.rejects(store.get('group'), beError('BE_UNKNOWN'))
    await assert.rejects(store.create('group', 'flat'), beError('BE_EXISTS'))
  })

  it('lays FreeBSD out like bsdinstall, all below the BE, mounted parents first', async () => {
    const umask = process.umask(0o077)
    try {
      await store.create('fb', 'freebsd')
    } finally {
      process.umask(umask)
    }
    const children = ['tmp', 'usr', 'usr/home', 'usr/ports', 'usr/src']
    const inVar = ['var', 'var/audit', 'var/crash', 'var/log', 'var/mail', 'var/tmp']
    const all = [...children, ...inVar].map(child => `fb/${child}`)
    assert.deepEqual(await pool.names(), ['fb', ...all])
    for (const set of ['fb', ...all]) {
      const off = set === 'fb/usr' || set === 'fb/var'
      assert.equal(await property('canmount', set), off ? 'off' : 'noauto', set)
    }
    assert.equal(await property('setuid', 'fb/tmp'), 'off')
    assert.equal(await property('exec', 'fb/var/log'), 'off')
    assert.equal(await property('mountpoint', 'fb/usr/home'), at('fb/usr/home'))

    const systems = await store.fileSystems('fb')
    const mounted = ['', ...[...children, ...inVar].filter(child => child !== 'usr' && child !== 'var')]
    assert.deepEqual(
      systems.map(({ inside }) => inside),
      mounted,
    )
    for (const { inside, path, dataSet, mounted } of systems) {
      assert.deepEqual([path, mounted], [at('fb', inside), true])
      assert.equal(dataSet, inside === '' ? `${pool.parent}/fb` : `${pool.parent}/fb/${inside}`)
    }
    const mode = (path: string) => lstatSync(at('fb', path)).mode & 0o7777
    assert.deepEqual(
      ['tmp', 'var/tmp', 'var/mail', 'var/crash', 'etc'].map(mode),
      [0o1777, 0o1777, 0o775, 0o750, 0o755],
    )
    assert.notEqual(lstatSync(at('fb/tmp')).dev, lstatSync(at('fb')).dev)
    assert.equal(lstatSync(at('fb/usr')).dev, lstatSync(at('fb')).dev, '/usr belongs to the root')
  })

  it('flat and linux are one data set each', async () => {
    assert.deepEqual(await store.create('files', 'flat'), {
      name: 'files',
      path: at('files'),
      kind: 'flat',
      boots: {},
    })
    await store.create('deb', 'linux')
    assert.deepEqual(await pool.names(), ['deb', 'files'])
    assert.deepEqual(readdirSync(at('files')), [])
    assert.ok(existsSync(at('deb/usr/bin')))
  })

  it('when several create the same BE at once one succeeds, and none leaves a partial one', async () => {
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => store.create('a', 'linux')))
    for (const one of all) if (one.status === 'rejected') assert.equal(one.reason.code, 'BE_EXISTS')
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.deepEqual(await pool.names(), ['a'])
    assert.deepEqual(readdirSync(pool.root), ['a'])
  })

  it('unmounts all, children first, and leaves no directory that could be exported', async () => {
    await deep()
    const { note, mounted } = await store.umount('a')
    assert.deepEqual([note, mounted], ['a is unmounted', false])
    assert.ok(!existsSync(at('a')))
    assert.deepEqual(await store.get('a'), {
      name: 'a',
      path: at('a'),
      kind: 'flat',
      boots: {},
      mounted: false,
    })
    assert.equal((await store.umount('a')).note, 'a was not mounted')
    assert.match((await store.mount('a')).note, /^a is mounted at /)
    assert.match((await store.mount('a')).note, /^a was mounted already/)
    assert.equal(readFileSync(at('a/sub/file'), 'utf8'), 'mine')
  })

  it('a busy one stays mounted completely', async () => {
    await deep()
    const child = spawn('sleep', ['60'], { cwd: at('a') })
    await new Promise(done => child.once('spawn', done))
    for (const call of [() => store.umount('a'), () => store.destroy('a'), () => store.rename('a', 'b')]) {
      await assert.rejects(call(), beError('BE_BUSY', /busy.*fuser/))
      assert.ok((await store.fileSystems('a')).every(({ mounted }) => mounted))
    }
    assert.deepEqual(await pool.names(), ['a', 'a/sub'])
    child.kill()
    await new Promise(done => child.once('close', done))
    await store.umount('a')
  })

  it('one in which something else is mounted is neither unmounted nor destroyed', async () => {
    await deep()
    mkdirSync(at('a/dev'))
    outside('mount', '-t', 'tmpfs', 'none', at('a/dev'))
    await assert.rejects(store.umount('a'), beError('BE_MOUNTED_BELOW', /a\/dev is a mount point/))
    await assert.rejects(store.destroy('a', { force: true }), beError('BE_MOUNTED_BELOW'))
    outside('umount', at('a/dev'))
    await store.destroy('a')
    assert.deepEqual(await pool.names(), [])
  })

  it('mounted means that this data set is visible at this path now', async () => {
    await deep()
    const mounted = async () => (await store.fileSystems('a')).map(one => one.mounted)
    assert.deepEqual(await mounted(), [true, true])
    outside('umount', at('a/sub'))
    assert.deepEqual(await mounted(), [true, false], 'unmounted behind our back')
    await store.mount('a')
    assert.deepEqual(await mounted(), [true, true])
    outside('mount', '-t', 'tmpfs', 'none', at('a'))
    assert.deepEqual(await mounted(), [false, false], 'hidden by another mount')
    outside('umount', at('a'))
    assert.deepEqual(await mounted(), [true, true])
  })

  it('one that is mounted elsewhere, like the host’s own, is not changed, but can be cloned', async () => {
    const elsewhere = at('elsewhere')
    await pool.zfs('create', '-o', `mountpoint=${elsewhere}`, `${pool.parent}/own`)
    writeFileSync(join(elsewhere, 'file'), 'x')
    assert.equal((await store.get('own')).mounted, false)
    for (const call of [
      () => store.mount('own'),
      () => store.umount('own'),
      () => store.destroy('own', { force: true }),
      () => store.rename('own', 'mine'),
    ]) {
      await assert.rejects(call(), beError('BE_MOUNTED_ELSEWHERE', /mounted at .*elsewhere/))
    }
    assert.ok(existsSync(join(elsewhere, 'file')))
    await store.clone('own', 'copy')
    assert.equal(readFileSync(at('copy/file'), 'utf8'), 'x')
    await store.destroy('copy')
  })

  it('mounts neither on a directory with files nor through a link in a tree', async () => {
    await deep()
    await store.umount('a')
    mkdirSync(at('a'), { recursive: true })
    writeFileSync(at('a/stray'), '')
    await assert.rejects(store.mount('a'), beError('BE_MOUNT_POINT', /holds files/))
    rmSync(at('a'), { recursive: true })
    await pool.zfs('mount', `${pool.parent}/a`)
    rmSync(at('a/sub'), { recursive: true })
    const host = mkdtempSync(join(tmpdir(), 'nbe-host-'))
    symlinkSync(host, at('a/sub'))
    await assert.rejects(store.mount('a'), beError('BE_MOUNT_POINT', /sub is no directory/))
    assert.deepEqual(readdirSync(host), [])
    rmSync(host, { recursive: true })
  })

  it('a deep clone has all data sets with their properties; writing in it does not change the original', async () => {
    await deep()
    await store.clone('a', 'b', {
      deep: true,
      adapt: async tree => writeFileSync(join(tree, 'sub/file'), 'adapted'),
    })
    assert.equal(readFileSync(at('b/sub/file'), 'utf8'), 'adapted')
    assert.equal(readFileSync(at('a/sub/file'), 'utf8'), 'mine')
    assert.equal(await property('setuid', 'b/sub'), 'off')
    assert.equal(await property('canmount', 'b/sub'), 'noauto')
    const [, listed] = await store.list()
    assert.match(listed!.dataSet!.origin!, /\/a@nbe-/)
    assert.equal(typeof listed!.dataSet!.used, 'number')
    await store.clone('a', 'c')
    assert.deepEqual(
      (await store.fileSystems('c')).map(({ inside }) => inside),
      [''],
    )
    await assert.rejects(
      store.destroy('a', { force: true }),
      beError('BE_HAS_CLONES', /\/b, .*\/b\/sub, .*\/c/),
    )
    assert.deepEqual(await names(), ['a', 'b', 'c'])
    await store.destroy('b')
    await store.destroy('c')
    assert.deepEqual(await pool.names(), ['a', 'a/sub'], 'the snapshots made for clones go with them')
  })

  it('properties that came by zfs receive are cloned too', async () => {
    await deep()
    await store.create('b', 'flat')
    const send = 'zfs snapshot "$1@s"; zfs send -p "$1@s" | zfs receive -u "$2"; zfs destroy "$1@s"'
    const sets = [`${pool.parent}/a/sub`, `${pool.parent}/b/sub`]
    await pool.run(['sh', '-c', send, 'sh', ...sets], { timeoutMs: 30_000 })
    await store.clone('b', 'c', { deep: true })
    assert.equal(await property('setuid', 'c/sub'), 'off')
  })

  it('a clone that cannot be adapted leaves nothing', async () => {
    await deep()
    const adapt = async () => {
      throw new Error('no')
    }
    await assert.rejects(store.clone('a', 'b', { deep: true, adapt }), /no/)
    assert.deepEqual(await pool.names(), ['a', 'a/sub'])
    assert.deepEqual(readdirSync(pool.root), ['a'])
  })

  it('clones a snapshot as it was then', async () => {
    await deep()
    assert.equal(await store.snapshot('a', 'good'), 'a@good')
    await assert.rejects(store.snapshot('a', 'good'), beError('BE_EXISTS'))
    await assert.rejects(store.snapshot('a', 'no good'), beError('BE_NAME_INVALID'))
    assert.match(await store.snapshot('a'), /^a@\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d$/)
    writeFileSync(at('a/sub/file'), 'spoilt')
    await pool.zfs('create', '-o', 'canmount=noauto', `${pool.parent}/a/later`)
    await store.clone('a', 'b', { snapshot: 'good', deep: true })
    assert.equal(readFileSync(at('b/sub/file'), 'utf8'), 'mine')
    assert.deepEqual(
      (await store.fileSystems('b')).map(({ inside }) => inside),
      ['', 'sub'],
    )
    await assert.rejects(store.clone('a', 'c', { snapshot: 'bad' }), beError('BE_SNAPSHOT_UNKNOWN'))
    const [first, second] = await store.snapshots('a')
    assert.deepEqual(
      [first!.name, typeof first!.used, first!.created <= second!.created],
      ['a@good', 'number', true],
    )
    await assert.rejects(store.destroySnapshot('a', 'good'), beError('BE_HAS_CLONES', /^a@good has .*\/b, /))
    await store.destroy('b')
    assert.ok((await pool.names()).includes('a@good'), 'a snapshot that a person took stays')
    await assert.rejects(store.destroySnapshot('a', 'bad'), beError('BE_SNAPSHOT_UNKNOWN'))
    await store.destroySnapshot('a', 'good', true)
    await store.destroySnapshot('a', 'good')
    const left = await pool.names()
    assert.deepEqual(
      left.filter(name => name.includes('@')),
      [`${second!.name}`, second!.name.replace('@', '/sub@')],
    )
  })

  it('renames: the tree follows, mounted or not', async () => {
    await deep()
    const { path } = await store.rename('a', 'b', {
      adapt: async tree => writeFileSync(join(tree, 'adapted'), ''),
    })
    assert.equal(path, at('b'))
    assert.deepEqual(readdirSync(at('b')), ['adapted', 'sub'])
    assert.equal(readFileSync(at('b/sub/file'), 'utf8'), 'mine')
    assert.deepEqual(readdirSync(pool.root), ['b'])
    await store.umount('b')
    await store.rename('b', 'c')
    assert.equal((await store.get('c')).mounted, false)
    await store.mount('c')
    assert.equal(readFileSync(at('c/sub/file'), 'utf8'), 'mine')
    await store.create('d', 'flat')
    await assert.rejects(store.rename('c', 'd'), beError('BE_EXISTS'))
    await assert.rejects(store.rename('x', 'y'), beError('BE_UNKNOWN'))
  })

  it('destroys an unused BE with its snapshots; one with a held snapshot stays complete', async () => {
    await deep()
    await store.snapshot('a', 's')
    await assert.rejects(store.destroy('a', { inUse: ['shared'] }), beError('BE_IN_USE', /shared/))
    await pool.zfs('hold', 'backup', `${pool.parent}/a/sub@s`)
    await assert.rejects(store.destroy('a'), beError('BE_SNAPSHOT_HELD', /a\/sub@s.*zfs holds/))
    assert.deepEqual(await names(), ['a'])
    await pool.zfs('release', 'backup', `${pool.parent}/a/sub@s`)
    await store.destroy('a', { inUse: ['shared'], force: true })
    assert.deepEqual(await pool.names(), [])
    assert.ok(!existsSync(at('a')))
  })

  it('destroys neither what a host boots next nor what somebody else mounted', async () => {
    await deep()
    await pool.run(['zpool', 'set', `bootfs=${pool.parent}/a`, 'tank'], { timeoutMs: 10_000 })
    for (const dryRun of [true, false]) {
      const destroyed = store.destroy('a', { force: true, dryRun })
      await assert.rejects(
        destroyed,
        beError('BE_HOST_BOOTS', /a is what the host of the pool tank boots next/),
      )
    }
    await pool.run(['zpool', 'set', 'bootfs=', 'tank'], { timeoutMs: 10_000 })
    await pool.zfs('create', '-o', `mountpoint=${at('data')}`, `${pool.parent}/a/data`)
    await assert.rejects(
      store.destroy('a'),
      beError('BE_MOUNTED_ELSEWHERE', /a\/data is mounted at .*\/data/),
    )
    assert.ok((await store.fileSystems('a')).every(({ mounted }) => mounted))
    outside('umount', at('data'))
    await store.destroy('a')
    assert.deepEqual(await pool.names(), [])
  })

  it('destroying several clones at once does not fail on each other’s snapshots', async () => {
    await store.create('a', 'flat')
    const clones = ['b', 'c', 'd', 'e']
    for (const name of clones) await store.clone('a', name)
    await Promise.all(clones.map(name => store.destroy(name)))
    assert.deepEqual(await pool.names(), ['a'])
  })

  it('reads many BEs with one zfs list', async () => {
    await deep('a')
    await deep('b')
    await store.umount('b')
    await store.snapshot('a', 's')
    await store.snapshot('b', 't')
    let asked: string[] = []
    const counting = hostBy((argv, options) => {
      if (argv[0] === 'zfs') asked.push(argv.slice(0, 2).join(' '))
      return pool.run(argv, options)
    })
    const many = new ZfsStore({ parent: pool.parent, root: pool.root, host: counting })
    const all = await many.allFileSystems()
    assert.deepEqual(
      [...all].flatMap(([name, list]) => list.map(({ inside, mounted }) => [name, inside, mounted])),
      [
        ['a', '', true],
        ['a', 'sub', true],
        ['b', '', false],
        ['b', 'sub', false],
      ],
    )
    assert.deepEqual(all.get('a'), await store.fileSystems('a'))
    assert.deepEqual(asked, ['zfs list'])
    asked = []
    assert.deepEqual(
      (await many.snapshots()).map(({ name }) => name),
      ['a@s', 'b@t'],
    )
    assert.deepEqual(asked, ['zfs list', 'zfs list', 'zfs get'])
  })

  it('records on the data set how it is shared, and warns about sharenfs, which it never sets', async () => {
    await deep()
    await store.create('b', 'flat')
    await store.noteShares(['a', 'b'], 'ro 192.168.2.0/24')
    for (const name of ['a', 'b']) {
      assert.equal(await property('org.nbe:shared', name), 'ro 192.168.2.0/24')
    }
    assert.equal(await property('sharenfs', 'a'), 'off')
    await assert.rejects(store.noteShares(['gone', 'b'], undefined), beError('BE_ZFS_UNKNOWN', /gone/))
    await store.noteShares(['a'], undefined)
    for (const name of ['a', 'b']) assert.equal(await property('org.nbe:shared', name), '-')
    assert.deepEqual(said, [])
    // The property is set although zfs reports that there is no NFS server.
    await pool.zfs('set', 'sharenfs=on', `${pool.parent}/a`).catch(() => {})
    await store.mount('a')
    assert.match(
      said.join(),
      /^ZFS itself exports tank\/ROOT\/a tank\/ROOT\/a\/sub too: zfs inherit sharenfs/,
    )
    assert.equal(await property('sharenfs', 'a'), 'on', 'what the admin set is the admin’s')
  })

  describe('killed after any of its changes', () => {
    const SCRIPT = fileURLToPath(new URL('./killed.ts', import.meta.url))
    /** Returns whether the process reached its end. */
    const killedAfter = (verb: string, count: number): boolean => {
      const args = [SCRIPT, pool.parent, pool.root, verb, String(count), ...pool.enter]
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      assert.ok(status === 0 || status === null, stderr)
      return status === 0
    }

    /** The commands with which each create begins. */
    const tidy = () => sweep(new DataSets(new Zfs(pool.host), pool.parent, pool.root))

    it('a create leaves a complete BE or none, and the rest is swept', async () => {
      for (let count = 0; !killedAfter('create', count); count++) {
        const listed = await names()
        for (const name of listed) assert.ok((await store.mount(name)) && existsSync(at('new/usr/bin')))
        await tidy()
        assert.deepEqual(await pool.names(), listed, `after ${count}`)
        assert.deepEqual(readdirSync(pool.root), listed, `mount points after ${count}`)
        for (const name of await names()) await store.destroy(name)
      }
    })

    it('a clone too, and its original is unchanged', async () => {
      await deep('old')
      for (let count = 0; !killedAfter('clone', count); count++) {
        const listed = await names()
        assert.equal(readFileSync(at('old/sub/file'), 'utf8'), 'mine')
        if (listed.includes('new')) {
          await store.mount('new')
          assert.equal(readFileSync(at('new/sub/file'), 'utf8'), 'mine')
          await store.destroy('new')
        }
        await tidy()
        assert.deepEqual(await pool.names(), ['old', 'old/sub'], `after ${count}`)
        assert.deepEqual(readdirSync(pool.root), ['old'], `mount points after ${count}`)
      }
    })

    it('a rename leaves it complete, under one of the names', async () => {
      for (let count = 0; ; count++) {
        await deep('old')
        if (killedAfter('rename', count)) break
        const [name, ...more] = await names()
        assert.deepEqual(more, [])
        // zfs-fuse can mount it at its mountpoint only.
        await pool.zfs('set', `mountpoint=${at(name!)}`, `${pool.parent}/${name}`)
        await store.mount(name!)
        assert.equal(readFileSync(at(name!, 'sub/file'), 'utf8'), 'mine', `after ${count}`)
        await store.destroy(name!)
      }
    })

    it('a destroy leaves the complete BE or none', async () => {
      for (let count = 0; ; count++) {
        await deep('old')
        if (killedAfter('destroy', count)) break
        if ((await names()).length > 0) {
          await store.mount('old')
          assert.equal(readFileSync(at('old/sub/file'), 'utf8'), 'mine', `after ${count}`)
          await store.destroy('old')
        }
        await tidy()
        assert.deepEqual(await pool.names(), [], `after ${count}`)
      }
    })
  })

  it('what a living process makes, and hidden data sets of others, are not swept', async () => {
    await pool.zfs('create', '-o', `org.nbe:making=${hostname()}:${process.pid}`, `${pool.parent}/.new-mine`)
    await pool.zfs('create', '-o', 'org.nbe:making=elsewhere:99999999', `${pool.parent}/.new-theirs`)
    await pool.zfs('create', `${pool.parent}/.new-hand`)
    await pool.zfs('create', '-o', `org.nbe:making=${hostname()}:99999999`, `${pool.parent}/.new-dead`)
    await store.create('a', 'flat')
    assert.deepEqual(await pool.names(), ['.new-hand', '.new-mine', '.new-theirs', 'a'])
  })

  it('snapshots with similar names are not swept', async () => {
    await store.create('a', 'flat')
    await store.snapshot('a', 'nbe-before-upgrade')
    await store.snapshot('a', 'nbe-2026-11-22')
    await store.clone('a', 'b')
    await store.destroy('b')
    const tags = (await store.snapshots('a')).map(({ name }) => name)
    assert.deepEqual(tags.sort(), ['a@nbe-2026-11-22', 'a@nbe-before-upgrade'])
  })

  it('a create or a rename that fails at its end changes nothing', async () => {
    mkdirSync(at('x'), { recursive: true })
    writeFileSync(at('x/file'), 'of somebody')
    await assert.rejects(store.create('x', 'flat'), beError('BE_MOUNT_POINT'))
    assert.deepEqual(await pool.names(), [])
    await deep()
    await assert.rejects(store.rename('a', 'x'), beError('BE_MOUNT_POINT'))
    const adapt = () => Promise.reject(new Error('cannot adapt'))
    await assert.rejects(store.rename('a', 'b', { adapt }), /cannot adapt/)
    assert.deepEqual(await pool.names(), ['a', 'a/sub'])
    assert.equal(readFileSync(at('a/sub/file'), 'utf8'), 'mine', 'mounted as before')
    rmSync(at('x'), { recursive: true })
  })

  it('-n shows every command and runs none', async () => {
    await deep()
    const shown: string[] = []
    const dry = new ZfsStore({
      parent: pool.parent,
      root: pool.root,
      host: pool.host,
      show: step => shown.push(step),
    })
    await dry.create('x', 'freebsd', true)
    await dry.clone('a', 'x', { deep: true, dryRun: true })
    await dry.rename('a', 'x', { dryRun: true })
    await dry.snapshot('a', 's', true)
    await dry.umount('a', true)
    await dry.destroy('a', { dryRun: true })
    const text = shown.join('\n')
    for (const line of [
      /^zfs create -o canmount=noauto -o setuid=off .*\.new-\w+\/usr\/ports$/m,
      /^zfs snapshot -r .*a@nbe-/m,
      /^zfs clone -o canmount=off .*setuid=off .*\/sub$/m,
      /^zfs rename tank\/ROOT\/a tank\/ROOT\/x$/m,
      /^zfs snapshot -r tank\/ROOT\/a@s$/m,
      /umount .*a\/sub\numount .*a$/m,
      /^zfs rename tank\/ROOT\/a tank\/ROOT\/\.gone-/m,
    ]) {
      assert.match(text, line)
    }
    assert.deepEqual(await pool.names(), ['a', 'a/sub'])
    await assert.rejects(dry.create('a', 'flat', true), beError('BE_EXISTS'))
  })

  it('reports what is missing: the BE, the parent, the pool, ZFS itself, permission', async () => {
    const other = (parent: string, run = pool.run) =>
      new ZfsStore({ parent, root: pool.root, host: hostBy(run) })
    await store.create('fb141', 'flat')
    await assert.rejects(store.get('fb114'), beError('BE_UNKNOWN', /did you mean fb141/))
    await assert.rejects(store.mount('../x'), beError('BE_NAME_INVALID'))
    await assert.rejects(other('tank/be').list(), beError('BE_STORE_PARENT', /zfs create -p .*tank\/be/))
    await assert.rejects(other('dozer/be').list(), beError('BE_POOL_MISSING', /zpool import dozer/))
    await assert.rejects(other('dozer/be').create('x', 'flat'), beError('BE_POOL_MISSING'))
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
    const asNobody = other(pool.parent, (argv, options) => pool.run([...nobody, ...argv], options))
    await assert.rejects(asNobody.list(), beError('BE_STORE_PERMISSION', /^zfs list: .*run as root/))
    const without = other(pool.parent, (argv, options) =>
      pool.run(['env', '-i', 'PATH=/nonexistent', ...argv], options).catch(error => {
        throw /No such file/.test(error.message) ? programMissing(argv[0]!, 'linux') : error
      }),
    )
    await assert.rejects(
      without.list(),
      beError('BE_PROGRAM_MISSING', /zfs is not installed.*apt-get install/),
    )
  })
})
