import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingToBoot } from '../../../src/be/missing.ts'
import { inspect } from '../../../src/be/system/inspect.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import { type InstallInput, installEnvironment } from '../../../src/verbs/environments/install.ts'
import { tarball } from '../../be/install/hostile-tar.ts'
import { makeRelease, manifestLine, pack, plant, SETS, serveMirror } from '../../be/install/mirror.ts'
import { treeAsText as outline } from '../../be/trees.ts'
import { BE } from '../../support/built.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** With times, which archives set. */
const portrait = (root: string) => outline(root, { times: true })

describe('be install', () => {
  const tmp = temporaryDirectory()
  const path = (name: string) => join(tmp.path, name)
  const tree = (name: string) => path(`ROOT/${name}`)
  const environment = () => ({
    NBE_BE_ROOT: path('ROOT'),
    NBE_STATE_DIR: path('state'),
    NBE_LAB_ADDRESS: '10.0.0.1/24',
    NBE_PXE_DIR: path('pxe'),
  })
  const open = async (dryRun = false) => {
    const said: string[] = []
    const effective = await readSettings({ environment: environment(), flags: {} })
    return { said, lab: new Lab(effective, { say: line => said.push(line), dryRun }) }
  }
  const request = (more: Partial<InstallInput> = {}): Omit<InstallInput, 'name'> => ({
    ...{ system: 'FreeBSD', arch: 'amd64', branch: 'release', release: '11.1', mirror: path('pub') },
    ...{ sets: [], force: false, cache: true, progress: () => {} },
    ...more,
  })
  const put = async (name: string, more: Partial<InstallInput> = {}) => {
    const { lab, said } = await open()
    await installEnvironment(lab, { ...request(more), name })
    lab.close()
    return said
  }
  const mirror = () => makeRelease(path('pub/FreeBSD/releases/amd64/11.1-RELEASE'))

  it('a release from a directory and by HTTP: the same tree, ready to boot', async () => {
    mirror()
    const { url, close, requests } = await serveMirror(path('pub'))
    try {
      await put('bd/be/a')
      await put('b', { mirror: url })
      await put('c', { mirror: url, cache: false })
    } finally {
      await close()
    }
    assert.equal(portrait(tree('a')), portrait(tree('b')))
    assert.equal(portrait(tree('a')), portrait(tree('c')))
    assert.equal(
      requests.filter(line => line.endsWith('base.txz')).length,
      1,
      'the second came out of the cache',
    )
    assert.deepEqual(readdirSync(path('state/cache/sets')), [], '--no-cache leaves none')
    const be = await inspect('a', tree('a'))
    assert.deepEqual(
      [be.release, be.installing, missingToBoot(be, 'uefi', 'amd64')],
      ['11.1-RELEASE', undefined, undefined],
    )
    assert.ok(!existsSync(path('ROOT/a/usr/lib32')))
  })

  it('-n says what would be done, and changes nothing', async () => {
    mirror()
    const { lab, said } = await open(true)
    await installEnvironment(lab, { ...request({ sets: ['lib32'] }), name: 'a' })
    assert.match(said.join('\n'), /would create .*ROOT\/a.*\n.*base\.txz.*\n.*kernel\.txz.*\n.*lib32\.txz/)
    assert.ok(!existsSync(path('ROOT')) && !existsSync(path('state')))
  })

  it('leaves nothing behind when it is refused', async () => {
    mirror()
    await assert.rejects(put('a', { release: '11.2' }), beError('BE_INSTALL_NO_RELEASE', /mean 11\.1/))
    await assert.rejects(put('a', { sets: ['lib23'] }), beError('BE_INSTALL_SET'))
    await assert.rejects(put('a', { from: path('nothing') }), beError('BE_INSTALL_FROM'))
    await assert.rejects(put('a', { system: 'Debian', release: 'Bookworm!' }), beError('BE_INSTALL_RELEASE'))
    assert.ok(!existsSync(tree('a')))
  })

  it('refuses a tree with files, except with --force', async () => {
    mirror()
    plant(tree('a'), { 'etc/mine': 'mine' })
    await assert.rejects(put('a'), beError('BE_INSTALL_NOT_EMPTY'))
    assert.ok(!existsSync(path('ROOT/a/bin')))
    await put('a', { force: true })
    assert.equal(readFileSync(path('ROOT/a/etc/mine'), 'utf8'), 'mine')
    assert.equal((await inspect('a', tree('a'))).installing, undefined)
  })

  it('a set that fails: the tree cannot be booted; the same command resumes, another is refused', async () => {
    const dir = mirror()
    const whole = readFileSync(join(dir, 'kernel.txz'))
    writeFileSync(join(dir, 'kernel.txz'), whole.subarray(0, whole.length / 2))
    await assert.rejects(put('a'), beError('BE_INSTALL_CHECKSUM'))
    const be = await inspect('a', tree('a'))
    assert.deepEqual([be.installing, be.boots, missingToBoot(be, 'bios')?.code], [true, {}, 'BE_INSTALLING'])
    await assert.rejects(put('a', { sets: ['lib32'] }), beError('BE_INSTALL_OTHER', /half installed/))
    writeFileSync(join(dir, 'kernel.txz'), whole)
    const said = await put('a')
    assert.match(said[0]!, /going on with a: base\.txz is done/)
    assert.ok(!said.join().includes('unpack base'))
    await put('b')
    assert.equal(portrait(tree('a')), portrait(tree('b')))
  })

  it('a set that hard links a file of the host through a link of another set is refused', async () => {
    const dir = path('pub/FreeBSD/releases/amd64/11.1-RELEASE')
    plant(path('outside'), { secret: { mode: 0o600, data: 'secret' } })
    const link = { name: 'x\ny', type: '2' as const, target: path('outside') }
    const hardLink = { name: 'boot/fw.bin', type: '1' as const, target: 'x\ny/secret' }
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'base.txz'), tarball({ name: 'bin/sh', data: 'sh' }, link))
    writeFileSync(join(dir, 'kernel.txz'), tarball(hardLink))
    writeFileSync(join(dir, 'MANIFEST'), manifestLine(dir, 'base') + manifestLine(dir, 'kernel'))
    await assert.rejects(put('a'), beError('BE_INSTALL_LINK', /^kernel\.txz .*boot\/fw\.bin/))
    assert.equal(statSync(path('outside/secret')).nlink, 1)
    assert.ok(!existsSync(path('ROOT/a/boot/fw.bin')))
    assert.equal((await inspect('a', tree('a'))).installing, true)
  })

  it('--from an archive', async () => {
    const file = pack(path('tree.tar.gz'), SETS.base!, '--gzip')
    await put('a', { from: file })
    assert.equal((await inspect('a', tree('a'))).release, '11.1-RELEASE')
  })

  describe('killed at any point', () => {
    const start = (name: string, from: string): ChildProcess => {
      const argv = [BE, 'install', '-p', from, '-r', '11.1', '-a', 'amd64', '-s', 'lib32', name]
      return spawn(process.execPath, argv, { env: { ...process.env, ...environment() }, stdio: 'ignore' })
    }
    /** Resolves when the tree exists, or the process has ended. */
    const begun = async (name: string, child: ChildProcess) => {
      while (!existsSync(tree(name)) && child.exitCode === null)
        await new Promise(done => setTimeout(done, 2))
    }

    it('a partly installed tree cannot be booted; the same command completes it', async function () {
      this.timeout(180_000)
      mirror()
      const asked = new Set<string>()
      // The second half is sent late, so that the process can be killed in the middle of a download.
      const { url, close } = await serveMirror(path('pub'), (request, response, body) => {
        const set = /(\w+)\.txz$/.exec(request.url ?? '')?.[1]
        if (set === undefined) return false
        asked.add(set)
        if (request.headers.range !== undefined) return false
        response.writeHead(200, { 'Content-Length': body.length })
        response.write(body.subarray(0, body.length >> 1))
        setTimeout(() => response.end(body.subarray(body.length >> 1)), 40)
        return true
      })
      const inTree = (name: string) => existsSync(join(tree('a'), name))
      const done = (part: string) =>
        inTree('.nbe-installing') &&
        readFileSync(join(tree('a'), '.nbe-installing'), 'utf8').includes(`"${part}"`)
      const points: (() => boolean)[] = [
        () => existsSync(tree('a')),
        () => asked.has('base'),
        () => inTree('bin'),
        () => inTree('var/db/words'),
        () => done('base.txz'),
        () => asked.has('kernel'),
        () => inTree('boot/kernel/kernel'),
        () => done('kernel.txz'),
        () => inTree('usr/lib32'),
        () => done('lib32.txz'),
      ]
      try {
        let killed = 0
        for (const reached of points) {
          const child = start('a', url)
          const ended = once(child, 'exit')
          while (!reached() && child.exitCode === null) await new Promise(done => setTimeout(done, 1))
          child.kill('SIGKILL')
          if ((await ended)[1] === 'SIGKILL') killed++
          const be = existsSync(tree('a')) ? await inspect('a', tree('a')) : undefined
          if (be === undefined || missingToBoot(be, 'uefi') !== undefined) continue
          break // it was finished
        }
        assert.ok(killed >= 5, `${killed} were killed`)
        await once(start('a', url), 'exit')
        rmSync(join(path('state'), 'cache'), { recursive: true })
        await put('whole', { sets: ['lib32'] })
        assert.equal(portrait(tree('a')), portrait(tree('whole')))
        assert.equal((await inspect('a', tree('a'))).installing, undefined)
      } finally {
        await close()
      }
    })

    it('an installation that starts again does not delete files of a file system mounted in the tree', async () => {
      plant(tree('a'), {
        '.nbe-installing':
          '{"what":"Debian bookworm amd64 from http://m: linux-image-amd64 initramfs-tools","done":[]}',
      })
      mkdirSync(path('ROOT/a/mnt'))
      plant(path('home'), { precious: '' })
      execFileSync('mount', ['--bind', path('home'), path('ROOT/a/mnt')])
      try {
        const debian = put('a', { system: 'Debian', release: 'bookworm', mirror: 'http://m' })
        await assert.rejects(debian, beError('BE_MOUNTED_BELOW', /a\/mnt is a mount point/))
        assert.ok(existsSync(path('home/precious')))
      } finally {
        execFileSync('umount', [path('ROOT/a/mnt')])
      }
    })

    it('while it wrote its mark: a partial mark does not stop the next run, and is removed', async () => {
      const half = '..nbe-installing.444daf62a299'
      mirror()
      plant(path('ROOT'), { [`a/${half}`]: '' })
      await put('a')
      assert.ok(!existsSync(join(tree('a'), half)))
    })

    it('a second call at the same time fails', async () => {
      mirror()
      const { url, close } = await serveMirror(path('pub'), request => request.url?.endsWith('.txz') ?? false)
      const child = start('a', url)
      try {
        await begun('a', child)
        await assert.rejects(
          put('a', { mirror: url, sets: ['lib32'] }),
          beError('BE_TREE_BUSY', /another be installs, prepares or changes a/),
        )
      } finally {
        child.kill('SIGKILL')
        await close()
      }
    })
  })
})
