import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DirectoryStore } from '../../../src/be/directory/store.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('directory store', () => {
  const tmp = temporaryDirectory()
  let root: string
  let store: DirectoryStore
  beforeEach(() => {
    root = join(tmp.path, 'ROOT')
    store = new DirectoryStore(root)
  })

  const names = async () => (await store.list()).map(({ name }) => name)
  const mode = (path: string) => lstatSync(join(root, path)).mode & 0o7777

  it('lists nothing before the first BE, which also makes the root directory', async () => {
    assert.deepEqual(await names(), [])
    assert.deepEqual(await store.create('files', 'flat'), {
      name: 'files',
      path: join(root, 'files'),
      kind: 'flat',
      boots: {},
    })
    assert.deepEqual(readdirSync(join(root, 'files')), [])
    assert.equal(mode('files'), 0o755)
    assert.equal(mode(''), 0o700, 'setuid programs of trees are for nobody on this host')
  })

  it('leaves a root directory as it is; those above a new one are for all', async () => {
    mkdirSync(root, { mode: 0o755 })
    await store.create('files', 'flat')
    assert.equal(mode(''), 0o755)
    await new DirectoryStore(join(tmp.path, 'srv/lab/ROOT')).create('files', 'flat')
    const modes = ['srv', 'srv/lab', 'srv/lab/ROOT'].map(dir => lstatSync(join(tmp.path, dir)).mode & 0o777)
    assert.deepEqual(modes, [0o755, 0o755, 0o700])
  })

  it('makes each layout with the right modes, whatever the umask', async () => {
    const umask = process.umask(0o077)
    try {
      await store.create('fb', 'freebsd')
      await store.create('deb', 'linux')
    } finally {
      process.umask(umask)
    }
    for (const be of ['fb', 'deb']) {
      assert.equal(mode(`${be}/tmp`), 0o1777)
      assert.equal(mode(`${be}/var/tmp`), 0o1777)
      assert.equal(mode(`${be}/etc`), 0o755)
      assert.equal(mode(`${be}/proc`), 0o555)
    }
    assert.equal(mode('fb/root'), 0o750)
    assert.equal(mode('fb/dev'), 0o555)
    assert.equal(mode('deb/root'), 0o700)
    assert.equal(readlinkSync(join(root, 'deb/bin')), 'usr/bin')
    assert.deepEqual(await names(), ['deb', 'fb'])
  })

  it('an existing name is refused and left alone, links and files too', async () => {
    await store.create('a', 'freebsd')
    writeFileSync(join(root, 'a/etc/rc.conf'), 'mine')
    symlinkSync('a', join(root, 'link'))
    writeFileSync(join(root, 'file'), '')
    for (const name of ['a', 'link', 'file']) {
      await assert.rejects(store.create(name, 'flat'), beError('BE_EXISTS'), name)
    }
    assert.ok(existsSync(join(root, 'a/etc/rc.conf')))
    assert.deepEqual(readdirSync(root).sort(), ['a', 'file', 'link'])
  })

  it('when several create the same BE at once one succeeds, and none leaves a partial one', async () => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => store.create('a', 'freebsd')))
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const one of all) if (one.status === 'rejected') assert.equal(one.reason.code, 'BE_EXISTS')
    assert.deepEqual(readdirSync(root), ['a'])
  })

  it('only directories with the name of a BE are BEs', async () => {
    await store.create('a', 'flat')
    symlinkSync('/etc', join(root, 'etc'))
    writeFileSync(join(root, 'notes.txt'), '')
    mkdirSync(join(root, '.new-x'))
    mkdirSync(join(root, 'lost+found'))
    assert.deepEqual(await names(), ['a'])
    await assert.rejects(store.get('etc'), beError('BE_NOT_A_BE', /symbolic link/))
    await assert.rejects(store.get('notes.txt'), beError('BE_NOT_A_BE', /not a directory/))
    await assert.rejects(store.get('.new-x'), beError('BE_NAME_INVALID'))
    await assert.rejects(store.get('../etc'), beError('BE_NAME_INVALID'))
  })

  it('the error for an unknown one suggests similar names', async () => {
    await store.create('fb141', 'flat')
    for (const call of [
      () => store.get('fb114'),
      () => store.destroy('fb114'),
      () => store.mount('fb114'),
      () => store.umount('fb114'),
    ]) {
      await assert.rejects(call(), beError('BE_UNKNOWN', /did you mean fb141/))
    }
  })

  it('destroys all of a BE, and what a killed destroy left over', async () => {
    await store.create('a', 'freebsd')
    mkdirSync(join(root, '.gone-99999999-x/etc'), { recursive: true })
    await store.destroy('a')
    assert.deepEqual(readdirSync(root), [])
    mkdirSync(join(root, '.gone-99999999-y/etc'), { recursive: true })
    await store.create('b', 'flat')
    assert.deepEqual(readdirSync(root), ['b'], 'a create does so too')
  })

  it('leftovers that cannot be removed do not prevent another destroy', async () => {
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) return
    await store.create('a', 'freebsd')
    const stuck = join(root, '.gone-99999999-x/mnt')
    mkdirSync(stuck, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'none', stuck])
    try {
      writeFileSync(join(stuck, 'precious'), '')
      await store.destroy('a')
      assert.deepEqual(readdirSync(root), ['.gone-99999999-x'])
      assert.ok(existsSync(join(stuck, 'precious')))
    } finally {
      execFileSync('umount', [stuck])
    }
  })

  it('deletes nothing through links in the BE', async () => {
    writeFileSync(join(tmp.path, 'precious'), '')
    await store.create('a', 'flat')
    symlinkSync(tmp.path, join(root, 'a/out'))
    await store.destroy('a')
    assert.ok(existsSync(join(tmp.path, 'precious')))
  })

  it('keeps one that is shared or assigned, unless forced', async () => {
    await store.create('a', 'flat')
    const inUse = ['shared', 'assigned to m1']
    await assert.rejects(store.destroy('a', { inUse }), beError('BE_IN_USE', /shared, assigned to m1/))
    assert.deepEqual(await names(), ['a'])
    await store.destroy('a', { inUse, force: true })
    assert.deepEqual(await names(), [])
  })

  it('destroys no link, forced or not', async () => {
    await store.create('a', 'flat')
    symlinkSync(join(root, 'a'), join(root, 'b'))
    await assert.rejects(store.destroy('b', { force: true }), beError('BE_NOT_A_BE'))
    assert.deepEqual(await names(), ['a'])
  })

  it('is always mounted and says so', async () => {
    await store.create('a', 'flat')
    const path = join(root, 'a')
    for (const answer of [await store.mount('a'), await store.umount('a')]) {
      assert.deepEqual({ path: answer.path, mounted: answer.mounted }, { path, mounted: true })
      assert.match(answer.note, /directory/)
    }
  })

  it('names real paths although its root is reached by a link: mountd takes no links', async () => {
    await store.create('a', 'flat')
    symlinkSync(root, join(tmp.path, 'link'))
    const linked = new DirectoryStore(join(tmp.path, 'link'))
    assert.equal((await linked.get('a')).path, join(root, 'a'))
  })

  it('says what is wrong with a root that is a file', async () => {
    writeFileSync(root, '')
    await assert.rejects(store.list(), beError('BE_STORE_FAILED', /ROOT/))
    await assert.rejects(store.create('a', 'flat'), beError('BE_STORE_FAILED'))
  })

  it('a clone is a copy: hard links, modes, owners and times kept, changes in one not in the other', async () => {
    await store.create('a', 'freebsd')
    const file = (be: string, name: string) => join(root, be, name)
    writeFileSync(file('a', 'bin/sh'), 'sh')
    linkSync(file('a', 'bin/sh'), file('a', 'bin/csh'))
    chmodSync(file('a', 'bin/sh'), 0o4555)
    utimesSync(file('a', 'bin/sh'), 1000, 1000)
    const adapt = async (tree: string) => writeFileSync(join(tree, 'etc/adapted'), '')
    assert.equal((await store.clone('a', 'b', { adapt })).path, join(root, 'b'))
    const [shell, other] = [lstatSync(file('b', 'bin/sh')), lstatSync(file('b', 'bin/csh'))]
    assert.deepEqual([shell.ino, shell.nlink], [other.ino, 2])
    assert.deepEqual([shell.mode & 0o7777, shell.mtimeMs], [0o4555, 1_000_000])
    assert.equal(mode('b/tmp'), 0o1777)
    assert.notEqual(shell.ino, lstatSync(file('a', 'bin/sh')).ino)
    assert.deepEqual(
      [existsSync(file('a', 'etc/adapted')), existsSync(file('b', 'etc/adapted'))],
      [false, true],
    )
    await assert.rejects(store.clone('a', 'b'), beError('BE_EXISTS'))
    await store.clone('a', 'c', { dryRun: true })
    assert.deepEqual(await names(), ['a', 'b'])
  })

  it('a failed clone leaves nothing; the leftovers of a killed one are removed by the next', async () => {
    await store.create('a', 'flat')
    const adapt = async () => {
      throw new Error('no')
    }
    await assert.rejects(store.clone('a', 'b', { adapt }), beError('BE_STORE_FAILED', /no/))
    assert.deepEqual(readdirSync(root), ['a'])
    mkdirSync(join(root, '.new-99999999-x/etc'), { recursive: true })
    mkdirSync(join(root, `.new-${process.pid}-x`))
    await store.clone('a', 'b')
    assert.deepEqual(readdirSync(root).sort(), [`.new-${process.pid}-x`, 'a', 'b'])
  })

  it('renames, unless the name is taken', async () => {
    await store.create('a', 'freebsd')
    await store.create('c', 'flat')
    await assert.rejects(store.rename('a', 'c'), beError('BE_EXISTS'))
    await assert.rejects(store.rename('a', '../x'), beError('BE_NAME_INVALID'))
    await assert.rejects(store.rename('x', 'y'), beError('BE_UNKNOWN'))
    await store.rename('a', 'b', { dryRun: true })
    assert.deepEqual(await names(), ['a', 'c'])
    assert.equal((await store.rename('a', 'b')).path, join(root, 'b'))
    assert.deepEqual(await names(), ['b', 'c'])
    const adapt = () => Promise.reject(new Error('cannot adapt'))
    await assert.rejects(store.rename('b', 'd', { adapt }), /cannot adapt/)
    assert.deepEqual(await names(), ['b', 'c'], 'all of it or nothing')
  })

  it('says that directories have no snapshots', async () => {
    await store.create('a', 'flat')
    await assert.rejects(store.snapshot('a'), beError('BE_NO_SNAPSHOTS', /be.store = "zfs"/))
    await assert.rejects(store.snapshots('a'), beError('BE_NO_SNAPSHOTS'))
    await assert.rejects(store.destroySnapshot('a'), beError('BE_NO_SNAPSHOTS'))
    await assert.rejects(store.clone('a', 'b', { snapshot: 's' }), beError('BE_NO_SNAPSHOTS'))
    await assert.rejects(store.snapshot('x'), beError('BE_UNKNOWN'))
  })

  it('its file systems are the directory and, parents first, what is mounted in it', async () => {
    await store.create('a', 'freebsd')
    await store.create('ab', 'flat')
    assert.deepEqual(await store.fileSystems('a'), [{ inside: '', path: join(root, 'a'), mounted: true }])
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) return
    const points = ['var', 'var/log', 'usr/home', 'dev'].map(path => join(root, 'a', path))
    for (const point of points) {
      mkdirSync(point, { recursive: true })
      execFileSync('mount', ['-t', point.endsWith('dev') ? 'tmpfs' : 'ramfs', 'none', point])
    }
    try {
      const found = await store.fileSystems('a')
      assert.deepEqual(
        found.map(({ inside }) => inside),
        ['', 'usr/home', 'var', 'var/log'],
        'the /dev of a jail is no part of it',
      )
      assert.deepEqual([...(await store.allFileSystems())].slice(0, 1), [['a', found]])
      assert.ok(found.every(({ path, inside, mounted }) => mounted && path === join(root, 'a', inside)))
    } finally {
      for (const point of points.reverse()) execFileSync('umount', [point])
    }
  })

  if (process.platform === 'linux') {
    /** The error of a forced destroy in a process that has mounted something in the BE, in its own mount namespace. */
    const destroyMounted = (what: 'bind' | 'tmpfs', home = ''): { code?: string; line?: string } => {
      const namespace = process.geteuid?.() === 0 ? '--mount' : '--map-root-user'
      const script = fileURLToPath(new URL('./destroy-mounted.ts', import.meta.url))
      const args = ['--mount', namespace, process.execPath, script, root, what, home]
      return JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' }))
    }

    it('destroys nothing with a mount below, a bind mount of the same file system included', async () => {
      mkdirSync(join(tmp.path, 'home'))
      writeFileSync(join(tmp.path, 'home/precious'), '')
      await store.create('a', 'flat')
      const { code, line } = destroyMounted('bind', join(tmp.path, 'home'))
      assert.equal(code, 'BE_MOUNTED_BELOW')
      assert.match(line ?? '', /a\/x y is a mount point/)
      assert.ok(existsSync(join(tmp.path, 'home/precious')))
      assert.deepEqual(await names(), ['a'])
    })

    it('nor a BE that is itself a mount point', async () => {
      await store.create('a', 'flat')
      assert.equal(destroyMounted('tmpfs').code, 'BE_MOUNTED_BELOW')
      assert.deepEqual(await names(), ['a'])
    })
  }

  it('an empty directory made by hand is a BE, and can be destroyed', async () => {
    mkdirSync(join(root, 'hand'), { recursive: true })
    assert.deepEqual(await names(), ['hand'])
    await store.destroy('hand')
    rmdirSync(root)
  })
})
