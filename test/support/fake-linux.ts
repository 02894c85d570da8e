import assert from 'node:assert/strict'
import type { NfsHost } from '../nfs/nfs-host.ts'
import { admits, readExports } from './fake-exportfs.ts'
import { FakeHost } from './fake-host.ts'

/** A Linux host with its kernel's NFS server; its MOUNT and NFS protocols are those of `nfs`. */
export class FakeLinux extends FakeHost {
  readonly nfs: NfsHost

  constructor(nfs: NfsHost) {
    super('linux')
    this.nfs = nfs
    this.files.set('/proc/fs/nfsd/threads', '8\n')
    this.files.set('/proc/fs/nfsd/versions', '+3 +4 +4.1 +4.2\n')
    this.files.set('/proc/fs/nfsd/portlist', 'tcp 2049\nudp 2049\n')
    this.files.set('/etc/exports', '')
    this.directory('/etc')
    this.programs.set('exportfs', args => this.#exportfs(args))
  }

  override async readIfThere(path: string): Promise<string | undefined> {
    if (path !== '/proc/self/mountinfo') return super.readIfThere(path)
    const escaped = (text: string): string => text.replace(/[ \\]/g, c => `\\0${c.charCodeAt(0).toString(8)}`)
    return this.mounts
      .map(({ point, type, source }, i) => `${i} 1 0:${i} / ${escaped(point)} rw - ${type} ${source} rw\n`)
      .join('')
  }

  async #exportfs(args: string[]): Promise<string | { status: number; stderr: string }> {
    assert.deepEqual(args, ['-ra'])
    const own = [...this.files].filter(([name]) =>
      /^\/etc\/(exports$|exports\.d\/[^.][^/]*\.exports$)/.test(name),
    )
    const { entries, said } = readExports(new Map(own), path => this.directories.has(path))
    this.nfs.exports.clear()
    const isMountPoint = (path: string) => this.mounts.some(({ point }) => point === path)
    for (const { path } of entries) {
      if (admits(entries, path, '127.0.0.1', isMountPoint)) this.nfs.exports.set(path, Buffer.from('handle'))
    }
    return said.length === 0 ? '' : { status: 1, stderr: said.join('\n') }
  }
}
