import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Cache } from '../../../src/be/install/cache.ts'
import { type DebianQuery, debianJob } from '../../../src/be/install/debian.ts'
import { inspect } from '../../../src/be/system/inspect.ts'
import { isAlive } from '../../../src/host/daemon.ts'
import { BE } from '../../support/built.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('a Debian by debootstrap', () => {
  const tmp = temporaryDirectory()
  const path = (name: string) => join(tmp.path, name)
  const { PATH } = process.env
  beforeEach(() => {
    mkdirSync(path('bin'))
    symlinkSync(join(import.meta.dirname, 'debootstrap.sh'), path('bin/debootstrap'))
    process.env.PATH = `${path('bin')}:${PATH}`
  })
  afterEach(() => {
    process.env.PATH = PATH
  })
  const query = (more: Partial<DebianQuery> = {}): DebianQuery => ({
    arch: 'amd64',
    suite: 'bookworm',
    packages: [],
    ...more,
  })
  const put = async (more: Partial<DebianQuery> = {}) => {
    mkdirSync(path('tree'), { recursive: true })
    const lines: string[] = []
    const target = {
      root: path('tree'),
      platform: 'linux' as const,
      progress: (line: string) => lines.push(line),
    }
    await debianJob(query(more), new Cache(path('cache'))).parts[0]!.put(target)
    return lines
  }

  it('with a kernel, an initial RAM disk and the packages asked for; packages are cached', async () => {
    const lines = await put({ packages: ['openssh-server'], mirror: 'http://mirror.example/debian' })
    assert.deepEqual(lines, ['Retrieving InRelease from http://mirror.example/debian'])
    assert.equal(
      readFileSync(path('tree/etc/included'), 'utf8'),
      'linux-image-amd64,initramfs-tools,openssh-server\n',
    )
    const be = await inspect('d', path('tree'))
    assert.deepEqual([be.kind, be.boots.vmlinuz], ['linux', 'boot/vmlinuz-6.1.0-44-amd64'])
    assert.deepEqual(readdirSync(path('cache')), ['base-files_12_amd64.deb'])
  })

  it('its error message, as one line', async () => {
    await assert.rejects(
      put({ suite: 'bokworm' }),
      beError('BE_INSTALL_DEBOOTSTRAP', /bokworm .*: No such script: /),
    )
    await assert.rejects(
      put({ mirror: 'ftp://x' }),
      beError('BE_INSTALL_DEBOOTSTRAP', /unknown location ftp:\/\/x/),
    )
  })

  it('names that would be options or paths are refused', () => {
    const job = (more: Partial<DebianQuery>) => () => debianJob(query(more), new Cache(path('cache')))
    assert.throws(job({ suite: '--foreign' }), beError('BE_INSTALL_RELEASE'))
    assert.throws(job({ suite: undefined }), beError('BE_INSTALL_RELEASE', /-r bookworm/))
    assert.throws(job({ packages: ['-x'] }), beError('BE_INSTALL_SET'))
  })

  it('debootstrap is missing: the error says what to install', async () => {
    process.env.PATH = path('none')
    const dirs = ['/usr/bin', '/bin'].filter(dir => existsSync(join(dir, 'setpriv')))
    mkdirSync(path('none'))
    for (const name of ['setpriv', 'unshare']) symlinkSync(join(dirs[0]!, name), path(`none/${name}`))
    await assert.rejects(
      put(),
      beError('BE_PROGRAM_MISSING', /debootstrap is not installed; apt-get install debootstrap/),
    )
  })

  it('killed: debootstrap and its mounts go too; the same command starts over and succeeds', async () => {
    const env = { ...process.env, NBE_BE_ROOT: path('ROOT'), NBE_STATE_DIR: path('state') }
    const argv = [
      BE,
      'install',
      '-o',
      'Debian',
      '-a',
      'amd64',
      '-r',
      'slow',
      'd',
      '--lab-address',
      '10.0.0.1/24',
    ]
    const half = path('ROOT/d/etc/half')
    const child = spawn(process.execPath, argv, { env, stdio: 'ignore' })
    while (!existsSync(half) && child.exitCode === null) await new Promise(done => setTimeout(done, 10))
    const inside = processIn(path('ROOT/d'))
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    assert.equal((await inspect('d', path('ROOT/d'))).installing, true)
    for (const pid of inside) while (isAlive(pid)) await new Promise(done => setTimeout(done, 10))
    assert.ok(inside.length > 0)
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(path('ROOT')))
    const again = spawn(process.execPath, argv, { env, stdio: 'ignore' })
    assert.deepEqual((await once(again, 'exit'))[0], 0)
    assert.ok(!existsSync(half), 'nothing of the first run is left')
    assert.equal((await inspect('d', path('ROOT/d'))).installing, undefined)
  })
})

/** Processes with this path among their arguments. */
function processIn(root: string): number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return list
    .filter(line => line.includes(root) && line.includes('debootstrap'))
    .map(line => Number.parseInt(line, 10))
}
