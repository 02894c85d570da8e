import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { run } from '../../src/host/run.ts'
import { GUEST_UP, parseGuestReport } from '../rig/guest-report.ts'
import { buildNas, NAS_PACKAGES, NAS_UP } from '../rig/nas.ts'
import type { Program } from '../rig/program.ts'
import { GANESHA_PACKAGES, PACKAGES, Site } from '../rig/site.ts'
import { assertFailure } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

const MINUTES = 60_000
const MACHINE = { name: 'm1', mac: '52:54:00:00:77:61', ip: '192.168.77.61' }
const NAS = { name: 'nas', mac: '52:54:00:00:77:60', ip: '192.168.77.60' }

/** Two machines: this one boots the lab, the other stores; a Debian with the NFS server of its kernel. */
describe('a storage host, driven over ssh: the kernel of Linux exports', function () {
  this.timeout(10 * MINUTES)
  let site: Site
  let service: Program

  before(async () => {
    await ensurePackages([...PACKAGES, ...GANESHA_PACKAGES, ...NAS_PACKAGES])
    site = await Site.open('ganesha')
    const dir = join(site.dir, 'nas')
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(site.dir, 'key')], {
      timeoutMs: MINUTES,
    })
    await buildNas(dir, readFileSync(join(site.dir, 'key.pub'), 'utf8'), { udp: true })
    client(readFileSync(join(dir, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8'))
    service = await site.serve()
    await site.addDirectoryBe('nas', dir)
    await site.be('machine', 'add', NAS.name, NAS.mac, '--ip', NAS.ip)
    await site.be('sharepxe', 'nas', NAS.name)
    const guest = await site.switchOn('bios', NAS.mac, 1024)
    await guest.transcript.waitFor(NAS_UP, 5 * MINUTES)
    // From the first command on they share one connection, whose socket is there.
    mkdirSync(join(site.dir, 'state-nas'))
    for (const be of ['head', 'test']) {
      await site.be('create', be)
      await there('mkdir', `/ROOT/${be}`)
    }
  })
  after(() => site?.close())

  /** `ssh` as root of this host would have it set up, with a key and a known host. */
  function client(hostKey: string): void {
    mkdirSync(join(site.dir, 'bin'))
    writeFileSync(join(site.dir, 'known'), `${NAS.ip} ${hostKey}`)
    const options = `-F none -i ${site.dir}/key -o UserKnownHostsFile=${site.dir}/known`
    writeFileSync(join(site.dir, 'bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`)
    chmodSync(join(site.dir, 'bin/ssh'), 0o755)
  }

  const env = () => ({ PATH: `${join(site.dir, 'bin')}:${process.env.PATH}` })
  /** Runs a command on the storage host, over one connection for all. */
  const there = (...command: string[]): Promise<string> => {
    const shared = ['ControlMaster=auto', 'ControlPersist=yes', `ControlPath=${site.dir}/ssh`]
    const options = shared.flatMap(option => ['-o', option])
    return site.lab.run(['ssh', ...options, `root@${NAS.ip}`, ...command], { env: env() })
  }
  const command = (...args: string[]): string[] => [
    ...site.command('--nfs-driver', 'auto', '--nfs-host', `ssh://root@${NAS.ip}`),
    ...['--state-dir', join(site.dir, 'state-nas'), ...args],
  ]
  const be = (...args: string[]): Promise<string> => site.lab.run(command(...args), { env: env() })
  const fails = async (code: string, status: number, ...args: string[]): Promise<string> => {
    const [file, ...words] = site.lab.argv(command(...args))
    const ran = await execa(file!, words, { env: env(), reject: false, stripFinalNewline: false })
    assertFailure({ status: ran.exitCode ?? -1, out: ran.stdout, err: ran.stderr }, code, status)
    return ran.stderr
  }

  it('shares there, with handles from the kernel, on UDP and TCP', async () => {
    const roots = JSON.parse(await be('sharenfs', '--json', 'head', 'test'))
    for (const { server, handle, udp, tcp } of roots) {
      assert.deepEqual([server, udp, tcp], [NAS.ip, true, true])
      assert.match(handle, /^([0-9a-f]{2}){1,64}$/)
    }
    assert.notEqual(roots[0].handle, roots[1].handle)
    assert.match(await there('cat', '/etc/exports.d/be.exports'), /^\/ROOT\/head 192\.168\.77\.0\/24\(rw,/m)
    const text = await be('emit', 'loader-env', 'head')
    assert.ok(text.includes(`boot.nfsroot.server="${NAS.ip}"\n`), text)
  })

  it('shared anew, a BE has the handle that running machines hold', async () => {
    const handle = async () => JSON.parse(await be('sharenfs', '--json', 'head')).handle
    const before = await handle()
    await be('unshare', 'head')
    assert.equal(await handle(), before)
  })

  it('refuses what is not there, there', async () => {
    await site.be('create', 'here')
    assert.match(await fails('BE_SHARE_PATH_MISSING', 65, 'sharenfs', 'here'), /does not exist on root@/)
  })

  it('takes exports back: mountd there grants nothing more', async () => {
    await be('unshare', '--all')
    assert.match(await there('cat', '/var/lib/nfs/etab'), /^$/)
    await fails('BE_NOT_SHARED', 65, 'unshare', 'head')
  })

  it('a machine boots from this host, and has its root on the other', async () => {
    await site.addGuestBe('guest')
    await there('mkdir', '/ROOT/guest')
    const copy = `tar -C /ROOT -cf - guest | ssh root@${NAS.ip} tar -C /ROOT -xf -`
    await site.lab.run(['sh', '-c', copy], { env: env() })
    await service.stop(15_000)
    const other = site.lab.start(command('serve'), { name: 'be serve', env: env() })
    await other.transcript.waitFor(/^be: serving .*NFS by linux$/m, MINUTES)
    await be('machine', 'add', MACHINE.name, MACHINE.mac, '--ip', MACHINE.ip)
    await be('sharepxe', 'guest', MACHINE.name)
    const guest = await site.switchOn('bios', MACHINE.mac)
    const said = parseGuestReport(await guest.transcript.waitFor(GUEST_UP, 4 * MINUTES))
    assert.deepEqual([said.be, said.root, said.type], ['guest', `${NAS.ip}:/ROOT/guest`, 'nfs'])
    await other.stop(15_000)
  })

  it('without UDP it is shared all the same, with the two lines that loaders need', async () => {
    await there('rpc.nfsd 0 && rpc.nfsd 4')
    const said = await site.lab.run(['sh', '-c', '"$@" 2>&1', 'sh', ...command('sharenfs', 'test')], {
      env: env(),
    })
    assert.match(said, /^be: warning: nfsd of root@\S+ does not serve UDP.*"udp=y" and "vers3=y"/m)
    assert.match(said, new RegExp(`^be: shared ${NAS.ip}:/ROOT/test, .*, TCP only$`, 'm'))
  })

  it('a storage host without nfsd is named, with what to start', async () => {
    await there('rpc.nfsd 0')
    const line = await fails('BE_NFSD_DOWN', 69, 'sharenfs', 'test', '--nfs-driver', 'linux')
    assert.match(line, /root@192\.168\.77\.60/)
  })
})
