import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'mocha'
import { isAlive } from '../../src/host/daemon.ts'
import type { Host } from '../../src/host/host.ts'
import { endingOf } from '../../src/host/run.ts'
import { openSshHost } from '../../src/host/ssh.ts'
import { parseSshUrl } from '../../src/host/ssh-url.ts'
import { beError } from '../support/errors.ts'
import { ensurePackages } from '../support/packages.ts'
import { Sshd } from '../support/sshd.ts'

const ODD = [
  '',
  ' ',
  "it's",
  '"',
  '$HOME',
  '`id`',
  '\\',
  '*',
  '; exit 9',
  'a\nb',
  '-n',
  'naïve 系统',
  '#x',
  '~',
  '!x',
  'a!',
  '%s%n',
  '\\0041',
]

/** sshd passes commands to the login shell, which for root was csh before FreeBSD 14. */
for (const shell of ['/bin/sh', '/bin/tcsh']) {
  describe(`host/ssh, against a real sshd, where root has ${shell}`, function () {
    this.timeout(300_000) // packages may have to come first
    let dir: string
    let sshd: Sshd
    let host: Host | undefined

    before(async () => {
      await ensurePackages(['openssh-server', 'openssh-client', 'tcsh'])
      dir = mkdtempSync(join(tmpdir(), 'nbe-ssh-'))
      for (const name of ['full', 'state', 'etc', 'work']) mkdirSync(join(dir, name))
      const own = `mount -t tmpfs -o size=16k none ${dir}/full
mount -t overlay -o lowerdir=/etc,upperdir=${dir}/etc,workdir=${dir}/work overlay /etc
sed -i 's|^\\(root:.*:\\)[^:]*$|\\1${shell}|' /etc/passwd`
      sshd = await Sshd.start(dir, { before: own })
    })
    afterEach(async () => {
      await host?.close()
      host = undefined
    })
    after(async () => {
      await sshd?.stop()
      rmSync(dir, { recursive: true, force: true })
    })

    async function open(more: Partial<Parameters<typeof openSshHost>[0]> = {}): Promise<Host> {
      host = await openSshHost({ target: sshd.target, dir: join(dir, 'state'), ssh: sshd.ssh(), ...more })
      return host
    }

    it('finds out the platform, and passes the arguments of a program as they are', async () => {
      const { run, platform, name } = await open()
      assert.deepEqual([platform, name], ['linux', 'root@127.0.0.1'])
      const login = await run(['grep', '^root:', '/etc/passwd'], { timeoutMs: 10_000 })
      assert.match(login.stdout, new RegExp(`:${shell}$`))
      const print = 'for word; do printf "%s\\0" "$word"; done'
      const { stdout } = await run(['sh', '-c', print, 'sh', ...ODD], { timeoutMs: 10_000 })
      assert.deepEqual(stdout.split('\0').slice(0, -1), ODD)
      const options = { timeoutMs: 10_000, input: 'in\0put', env: { NAME: 'a b' }, cwd: '/tmp' }
      const read = await run(['sh', '-c', 'pwd; echo "$NAME"; cat'], options)
      assert.equal(read.stdout, '/tmp\na b\nin\0put')
    })

    it('reports how a program ended, and a program that is missing there', async () => {
      const { run } = await open()
      const failed = run(['sh', '-c', 'echo one >&2; echo two >&2; exit 3'], { timeoutMs: 10_000 })
      await assert.rejects(failed, beError('BE_PROGRAM_FAILED', /root@127\.0\.0\.1: sh .* status 3: two/))
      assert.deepEqual(endingOf(await failed.catch(error => error)), { status: 3, stderr: 'one\ntwo' })
      const missing = run(['exportfs-of-nobody'], { timeoutMs: 10_000 })
      await assert.rejects(
        missing,
        beError('BE_PROGRAM_MISSING', /root@127\.0\.0\.1: program exportfs-of-nobody/),
      )
    })

    it('runs fifty programs at once over one connection', async () => {
      const before = sshd.connections
      const { run } = await open()
      const runs = Array.from({ length: 50 }, (_, i) => run(['echo', String(i)], { timeoutMs: 30_000 }))
      const printed = await Promise.all(runs)
      assert.deepEqual(
        printed.map(({ stdout }) => Number(stdout)),
        Array.from({ length: 50 }, (_, i) => i),
      )
      assert.equal(sshd.connections - before, 1)
    })

    it('works when the path of its socket would be too long, and does not make its directory', async () => {
      const missing = await open({ dir: join(dir, 'none') })
      assert.equal((await missing.run(['echo', 'x'], { timeoutMs: 10_000 })).stdout, 'x')
      assert.equal(existsSync(join(dir, 'none')), false)
      mkdirSync(join(dir, 'x'.repeat(100)))
      const { run } = await open({ dir: join(dir, 'x'.repeat(100)) })
      assert.equal((await run(['echo', 'x'], { timeoutMs: 10_000 })).stdout, 'x')
    })

    it('reads, writes, lists and removes files with any contents and names', async () => {
      const there = await open()
      const path = join(dir, 'files', "odd 'name' 系统")
      assert.equal(await there.readIfThere(path), undefined)
      assert.deepEqual(await there.list(join(dir, 'files')), [])
      await there.makeDirectory(join(dir, 'files'), 0o755)
      for (const text of ['', 'no newline', 'two\n\n\n', '系统\n', `${'x'.repeat(300_000)}\n`]) {
        await there.writeAtomic(path, text, 0o640)
        assert.equal(await there.readIfThere(path), text)
      }
      assert.equal(statSync(path).mode & 0o777, 0o640)
      assert.deepEqual(await there.list(join(dir, 'files')), ["odd 'name' 系统"])
      symlinkSync(path, join(dir, 'link'))
      assert.equal(await there.realPath(join(dir, 'link')), path)
      assert.equal(await there.realPath(join(dir, 'none')), undefined)
      assert.equal((await there.mountedAt('/proc/self'))?.type, 'proc')
      assert.equal(await there.mountedAt('/none'), undefined)
      await there.removeFile(path)
      await there.removeFile(path)
      assert.equal(existsSync(path), false)
    })

    it('reports why a file cannot be written, and leaves no temporary file', async () => {
      const there = await open()
      const write = (path: string, text = 'x') => there.writeAtomic(path, text)
      await assert.rejects(
        write(join(dir, 'none/file')),
        beError('BE_FILE_NO_DIRECTORY', /root@127\.0\.0\.1:.*none/),
      )
      const big = write(join(dir, 'full/file'), 'x'.repeat(1 << 20))
      await assert.rejects(big, beError('BE_FILE_NO_SPACE', /full\/file: no space left/))
      assert.deepEqual(await there.list(join(dir, 'full')), [])
      await assert.rejects(write('/proc/version'), beError('BE_FILE_NO_DIRECTORY'))
    })

    it('input that is cut on the way does not replace the file', async () => {
      const file = join(dir, 'precious')
      writeFileSync(file, 'old')
      const cutter = ['sh', '-c', 'head -c 5 | exec "$@"', 'sh', ...sshd.ssh()]
      const there = await open({ ssh: cutter, platform: 'linux' })
      await assert.rejects(there.writeAtomic(file, 'a much longer text'), beError('BE_FILE_WRITE', /cut/))
      assert.equal(readFileSync(file, 'utf8'), 'old')
      assert.ok(!readdirSync(dir).some(name => name.startsWith('.precious')))
    })

    it('reports a connection that is cut, and connects anew for the next command', async () => {
      const { run } = await open()
      const session = 'read -r _ _ _ session _ </proc/$PPID/stat; kill -9 $session; sleep 20'
      const cut = run(['sh', '-c', session], { timeoutMs: 10_000 })
      await assert.rejects(cut, beError('BE_SSH_CUT', /^root@127\.0\.0\.1: the connection was cut/))
      assert.equal((await run(['echo', 'back'], { timeoutMs: 10_000 })).stdout, 'back')
    })

    it('a command that takes too long is ended at the other end, too', async () => {
      const { run } = await open()
      const late = run(['sh', '-c', `echo $$ >${dir}/pid; exec sleep 600`], { timeoutMs: 3000 })
      await assert.rejects(
        late,
        beError('BE_PROGRAM_TIMEOUT', /^root@127\.0\.0\.1: sh .* within 3 s and was/),
      )
      assert.equal(isAlive(Number(readFileSync(join(dir, 'pid'), 'utf8'))), false)
    })

    it('has an error each for an unknown host key, a key that is refused, and a host that does not answer', async () => {
      const unknown = open({ ssh: sshd.ssh({ knownHosts: 'nothing' }) })
      await assert.rejects(unknown, beError('BE_SSH_HOST_KEY', /log in once by hand/))
      writeFileSync(
        join(dir, 'wrong'),
        `[127.0.0.1]:${sshd.port} ${readFileSync(join(dir, 'other.pub'), 'utf8')}`,
      )
      const changed = open({ ssh: sshd.ssh({ knownHosts: 'wrong' }) })
      await assert.rejects(changed, beError('BE_SSH_HOST_KEY'))
      const other = open({ ssh: sshd.ssh({ key: 'other' }) })
      await assert.rejects(other, beError('BE_SSH_PERMISSION', /authorized_keys/))
      const nobody = open({ target: { host: '127.0.0.1', port: 1 } })
      await assert.rejects(nobody, beError('BE_SSH_UNREACHABLE', /^127\.0\.0\.1: it cannot be reached/))
      const nowhere = open({ target: { host: 'no-such-host.invalid' } })
      await assert.rejects(nowhere, beError('BE_SSH_UNREACHABLE'))
    })

    it('closes its connection', async () => {
      const there = await open()
      const socket = join(dir, 'state', `ssh-${process.pid}`)
      assert.ok(existsSync(socket))
      await there.close()
      assert.equal(existsSync(socket), false)
    })
  })
}

describe('host/ssh', () => {
  it('reports an ssh that is killed on this host as a cut connection', async () => {
    const ssh = ['sh', '-c', 'kill -9 $$']
    const { run } = await openSshHost({ target: { host: 'nas' }, dir: '/none', platform: 'linux', ssh })
    await assert.rejects(
      run(['service', 'mountd'], { timeoutMs: 10_000 }),
      beError('BE_SSH_CUT', /^nas: ssh was killed/),
    )
  })
})

describe('host/ssh-url', () => {
  it('accepts destinations of ssh(1), and nothing that could be an option or a command', () => {
    assert.deepEqual(parseSshUrl('ssh://root@nas:2222'), { user: 'root', host: 'nas', port: 2222 })
    assert.deepEqual(parseSshUrl('ssh://192.168.2.5'), { host: '192.168.2.5' })
    for (const bad of [
      'nas',
      'ssh://',
      'ssh://-oProxyCommand=x',
      'ssh://nas:0',
      'ssh://nas:70000',
      'ssh://a b',
      'ssh://x@-y',
      'ssh://-l@y',
    ]) {
      assert.equal(parseSshUrl(bad), undefined, bad)
    }
  })
})
