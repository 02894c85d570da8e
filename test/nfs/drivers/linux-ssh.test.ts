import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Host } from '../../../src/host/host.ts'
import { openSshHost } from '../../../src/host/ssh.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { LINUX_EXPORTS, linuxDriver } from '../../../src/nfs/drivers/linux.ts'
import { type ShareContext, shareBes, unshareBes } from '../../../src/nfs/share.ts'
import { debianFiles } from '../../rig/guest.ts'
import { beError } from '../../support/errors.ts'
import { ensurePackages } from '../../support/packages.ts'
import { Sshd } from '../../support/sshd.ts'
import { memoryStore } from '../memory-store.ts'
import { NfsHost } from '../nfs-host.ts'

/** What MNT grants: the exports that the real exportfs has written to etab. */
class Etab extends Map<string, Buffer> {
  readonly #file: string

  constructor(file: string) {
    super()
    this.#file = file
  }

  override get(path: string): Buffer | undefined {
    const etab = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
    const granted = etab.split('\n').some(line => line.startsWith(`${path}\t127.0.0.0/8(`))
    return granted ? Buffer.from('handle') : undefined
  }
}

describe('nfs/drivers/linux, over ssh, with the real exportfs', function () {
  this.timeout(300_000) // packages may have to come first
  let dir: string
  let sshd: Sshd
  let nfs: NfsHost
  let host: Host
  let context: ShareContext

  before(async () => {
    await ensurePackages(['openssh-server', 'openssh-client'])
    dir = mkdtempSync(join(tmpdir(), 'nbe-nas-'))
    for (const name of ['etc', 'work', 'bin', 'nfs', 'state', 'ROOT/a', 'ROOT/b', 'ROOT/hand'])
      mkdirSync(join(dir, name), { recursive: true })
    const real = join(await debianFiles('nfs-kernel-server'), 'usr/sbin/exportfs')
    // If a file `cut` exists, kills the ssh session that runs it (the session of timeout(1), its parent), once.
    const exportfs = `#!/bin/sh
if [ -e ${dir}/cut ]; then
  rm ${dir}/cut
  read -r _ _ _ session _ </proc/$PPID/stat
  kill -9 $session
  sleep 20
fi
echo "$@" >>${dir}/ran
exec ${real} "$@"
`
    writeFileSync(join(dir, 'bin/exportfs'), exportfs)
    chmodSync(join(dir, 'bin/exportfs'), 0o755)
    // The storage host has an /etc of its own, and 16 KiB in /etc/exports.d.
    const own = `mount -t overlay -o lowerdir=/etc,upperdir=${dir}/etc,workdir=${dir}/work overlay /etc
mkdir -p /etc/exports.d
: >/etc/exports
printf '[mountd]\nstate-directory-path=${dir}/nfs\n' >/etc/nfs.conf
mount -t tmpfs -o size=16k none /etc/exports.d`
    sshd = await Sshd.start(dir, { before: own, path: `${dir}/bin:` })
  })
  beforeEach(async () => {
    nfs = Object.assign(await NfsHost.start(), { exports: new Etab(join(dir, 'nfs/etab')) })
    host = await openSshHost({ target: sshd.target, dir: join(dir, 'state'), ssh: sshd.ssh() })
    const driver = linuxDriver({ host, warn: () => {} })
    const { network } = nfs
    context = { driver, store: memoryStore(), network, clock: nodeClock, host, server: '127.0.0.1' }
    rmSync(join(dir, 'ran'), { force: true })
    writeFileSync(join(dir, 'nfs/etab'), '')
  })
  afterEach(async () => {
    await host.removeFile(LINUX_EXPORTS)
    await host.close()
    nfs.server.stop()
  })
  after(async () => {
    await sshd?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const request = (be: string) => ({
    be,
    path: join(dir, 'ROOT', be),
    clients: ['127.0.0.0/8'],
    maproot: 'root',
    readOnly: false,
  })
  const shared = (): string[] => context.store.all().map(({ be }) => be)
  const ran = (): number => readFileSync(join(dir, 'ran'), 'utf8').split('\n').length - 1

  it('shares and unshares directories of the storage host', async () => {
    const printed: string[] = []
    const say = (line: string) => printed.push(line)
    await shareBes(context, [request('a')], { dryRun: true, say })
    assert.ok(printed.includes(`write root@127.0.0.1:${LINUX_EXPORTS}`), printed.join('\n'))
    await shareBes(context, [request('a')])
    assert.match((await host.readIfThere(LINUX_EXPORTS))!, /ROOT\/a 127\.0\.0\.0\/8\(rw,no_root_squash/)
    assert.equal(existsSync(LINUX_EXPORTS), false, 'nothing is written on this host')
    await unshareBes(context, ['a'])
    assert.deepEqual([shared(), ran()], [[], 3])
  })

  it('keeps exports that were made there by hand', async () => {
    const hand = `127.0.0.0/8:${join(dir, 'ROOT/hand')}`
    await host.run(['exportfs', '-o', 'ro,no_subtree_check,fsid=9', hand], { timeoutMs: 10_000 })
    const etab = () => readFileSync(join(dir, 'nfs/etab'), 'utf8')
    await shareBes(context, [request('a')])
    assert.match(etab(), /ROOT\/a\t127\.0\.0\.0\/8\(rw,/)
    await shareBes(context, [{ ...request('a'), readOnly: true }])
    assert.match(etab(), /ROOT\/a\t127\.0\.0\.0\/8\(ro,/)
    await unshareBes(context, ['a'])
    assert.match(etab(), /^\S+\/ROOT\/hand\t127\.0\.0\.0\/8\(ro,.*\)\n$/)
    await host.run(['exportfs', '-u', hand], { timeoutMs: 10_000 })
  })

  it('refuses a path that does not exist on the storage host', async () => {
    const gone = { ...request('a'), path: '/ROOT/nowhere' }
    await assert.rejects(shareBes(context, [gone]), beError('BE_SHARE_PATH_MISSING', /root@127\.0\.0\.1/))
  })

  it('a connection cut in the middle of a change: one error, and all is undone over a new connection', async () => {
    await shareBes(context, [request('a')])
    const before = await host.readIfThere(LINUX_EXPORTS)
    writeFileSync(join(dir, 'cut'), '')
    await assert.rejects(shareBes(context, [request('b')]), beError('BE_SSH_CUT', /the connection was cut/))
    assert.equal(existsSync(join(dir, 'cut')), false, 'it was cut where it was meant to be')
    assert.equal(await host.readIfThere(LINUX_EXPORTS), before)
    assert.deepEqual([shared(), ran()], [['a'], 3])
    await shareBes(context, [request('b')])
    assert.deepEqual(shared(), ['a', 'b'])
  })

  it('a full file system: all is undone, and no partial file is left', async () => {
    await shareBes(context, [request('a')])
    const before = await host.readIfThere(LINUX_EXPORTS)
    const fill = 'cat /dev/zero >/etc/exports.d/filler; exit 0'
    await host.run(['sh', '-c', fill], { timeoutMs: 10_000 })
    await assert.rejects(shareBes(context, [request('b')]), beError('BE_FILE_NO_SPACE', /no space left/))
    await host.removeFile('/etc/exports.d/filler')
    assert.equal(await host.readIfThere(LINUX_EXPORTS), before)
    assert.deepEqual(await host.list('/etc/exports.d'), ['be.exports'])
    assert.deepEqual(shared(), ['a'])
  })

  it('a host that does not come back: the error says what could not be undone', async () => {
    await shareBes(context, [request('a')])
    const run: Host['run'] = async (argv, options) => {
      if (argv[0] === 'exportfs' && !gone) {
        gone = true
        writeFileSync(join(dir, 'cut'), '')
        await sshd.stop()
      }
      return host.run(argv, options)
    }
    let gone = false
    const there = { ...host, run }
    const driver = linuxDriver({ host: there, warn: () => {} })
    const failed = shareBes({ ...context, driver, host: there }, [request('b')])
    const line = /the connection was cut.*"write .*" could not be undone: .*cannot be reached/
    await assert.rejects(failed, beError('BE_SSH_CUT', line))
    assert.deepEqual(shared(), ['a'])
    // For afterEach().
    sshd = await Sshd.start(mkdtempSync(join(dir, 'again-')))
    host = await openSshHost({ target: sshd.target, dir: join(dir, 'state'), ssh: sshd.ssh() })
  })
})
