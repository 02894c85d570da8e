import assert from 'node:assert/strict'
import type { NfsHost } from '../nfs/nfs-host.ts'
import { FakeHost } from './fake-host.ts'
import { admits, type Exports, readExports } from './fake-mountd.ts'

const SYSLOG = '/var/log/messages'

/** A FreeBSD host with nfsd, mountd and rpcbind; `nfs` answers its MOUNT and NFS calls. */
export class FakeFreebsd extends FakeHost {
  readonly nfs: NfsHost
  readonly rc: Map<string, string>
  /** As ps(1) shows them. */
  processes = [
    '/sbin/init',
    '/usr/sbin/rpcbind',
    '/usr/sbin/mountd -r -S /etc/exports',
    'nfsd: master (nfsd)',
  ]
  /** The processes of the jail with id 7. */
  jailed = ['/usr/sbin/mountd -r /etc/exports /var/run/nbe/exports', 'nfsd: master (nfsd)']
  exported: Exports = { granted: new Map(), listed: [], said: [] }
  /** vfs.nfsd.server_min_nfsvers: nfsv4_server_only=YES leaves 4 behind until it is set back or the host is booted. */
  minVersion = 2
  /** Whether mountd ends when it is to read its files. */
  dies = false
  /** A part of file handles, by path: a file system that was made anew has another one. */
  readonly generations = new Map<string, number>()

  constructor(nfs: NfsHost) {
    super('freebsd')
    this.nfs = nfs
    this.rc = new Map([
      ['nfs_server_enable', 'YES'],
      ['nfs_server_flags', '-u -t'],
      ['mountd_enable', 'YES'],
      ['mountd_flags', '-r -S'],
      ['rpcbind_enable', 'YES'],
      ['zfs_enable', 'YES'],
    ])
    this.files.set('/etc/exports', '')
    this.files.set(SYSLOG, 'Nov 23 00:00:00 nas newsyslog[1]: logfile first created\n')
    this.directory('/var/run')
    this.programs.set('sysrc', args => this.#sysrc(args))
    this.programs.set('ps', async args => this.#ps(args))
    this.programs.set('service', args => this.#service(args))
    this.programs.set('mount', async () =>
      this.mounts
        .map(({ source, point, type }) => `${padded(source)}${padded(point)}${type}\trw\t\t0 0`)
        .join('\n'),
    )
    this.programs.set('sysctl', async ([, name]) => {
      assert.equal(name, 'vfs.nfsd.server_min_nfsvers')
      return String(this.minVersion)
    })
    this.programs.set('wc', async ([, path]) => `  ${this.files.get(path!)!.length} ${path}`)
    this.programs.set('tail', async ([, from, path]) => this.files.get(path!)!.slice(Number(from) - 1))
  }

  /** The command line of the running mountd. */
  get mountd(): string | undefined {
    return this.processes.find(line => line.includes('mountd'))
  }

  /** zfs(8) does not change mountd's exports; the export in the kernel ends with the mount. */
  override umount(point: string): void {
    super.umount(point)
    this.nfs.exports.delete(point)
  }

  #ps(args: string[]): string {
    assert.deepEqual(args, ['-axww', '-o', 'jid=', '-o', 'command='])
    const jailed = this.jailed.map(line => `   7 ${line}`)
    return [...jailed, ...[...this.processes, `ps ${args.join(' ')}`].map(line => `   0 ${line}`)].join('\n')
  }

  async #sysrc(args: string[]): Promise<string> {
    const set = /^(\w+)=(.*)$/s.exec(args.at(-1)!)
    if (set !== null) {
      const before = this.rc.get(set[1]!)
      this.rc.set(set[1]!, set[2]!)
      return `${set[1]}: ${before} -> ${set[2]}`
    }
    assert.equal(args[0], '-i', 'an unknown variable would fail it')
    return args
      .slice(1)
      .flatMap(name => (this.rc.has(name) ? [`${name}: ${this.rc.get(name)}`] : []))
      .join('\n')
  }

  async #service([name, action]: string[]): Promise<string | { status: number; stderr: string }> {
    assert.equal(name, 'mountd')
    const fails = (stderr: string) => ({ status: 1, stderr })
    if (action === 'onereload' && this.mountd === undefined) return fails('mountd not running?')
    if (action === 'onestop' || action === 'onerestart' || this.dies) {
      this.processes = this.processes.filter(line => line !== this.mountd)
      this.nfs.exports.clear()
    }
    if (this.dies) this.nfs.unregistered.add('100005/udp').add('100005/tcp')
    if (action === 'onestop' || this.dies) return ''
    if (!this.files.has('/etc/exports')) return fails('/etc/exports is not readable.')
    if (action !== 'onereload') this.processes.push(this.#commandLine())
    this.#read()
    return ''
  }

  /** rc.d/mountd. */
  #commandLine(): string {
    const standard = this.rc.get('zfs_enable') === 'YES' ? ' /etc/exports /etc/zfs/exports' : ''
    return `/usr/sbin/mountd ${this.rc.get('mountd_flags')}${standard}`
  }

  #read(): void {
    const files = this.mountd!.split(' ').filter((word, at) => at > 0 && word.startsWith('/'))
    this.exported = readExports(this, files.length === 0 ? ['/etc/exports'] : files)
    for (const text of this.exported.said) {
      this.files.set(SYSLOG, `${this.files.get(SYSLOG)}Nov 23 00:00:01 nas mountd[812]: ${text}\n`)
    }
    this.nfs.exports.clear()
    for (const [path, networks] of this.exported.granted) {
      if (admits(networks, '127.0.0.1')) this.nfs.exports.set(path, this.#handle(path))
    }
  }

  #handle(path: string): Buffer {
    return Buffer.from(`${path}#${this.generations.get(path) ?? 0}`.slice(-64))
  }
}

/** putfsent() in sbin/mount/mount.c: pads with tabs, or a blank after 24 characters or more. */
function padded(name: string): string {
  const length = Buffer.byteLength(name)
  return name + (length < 8 ? '\t\t\t' : length < 16 ? '\t\t' : length < 24 ? '\t' : ' ')
}
