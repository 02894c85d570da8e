import assert from 'node:assert/strict'
import type { NfsHost } from '../nfs/nfs-host.ts'
import { admits, type Entry, readExports } from './fake-exportfs.ts'
import { FakeHost } from './fake-host.ts'

/** A Linux host with its kernel's NFS server; `nfs` answers its MOUNT and NFS calls. */
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

  /** The present exports (/var/lib/nfs/etab), from files or made by hand. */
  etab: Entry[] = []

  async #exportfs([option, ...words]: string[]): Promise<string | { status: number; stderr: string }> {
    const said: string[] = []
    if (option === '-a') {
      assert.deepEqual(words, [], 'extra arguments are not permitted with -a or -r')
      const own = [...this.files].filter(([name]) =>
        /^\/etc\/(exports$|exports\.d\/[^.][^/]*\.exports$)/.test(name),
      )
      const read = readExports(new Map(own), path => this.directories.has(path))
      const byHand = this.etab.filter(entry => !read.entries.some(other => keyOf(other) === keyOf(entry)))
      this.etab = [...read.entries, ...byHand]
      said.push(...read.said)
    } else if (option === '-u') {
      for (const word of words) {
        if (!this.etab.some(entry => keyOf(entry) === word)) {
          said.push(`exportfs: Could not find '${word}' to unexport.`)
        }
        this.etab = this.etab.filter(entry => keyOf(entry) !== word)
      }
    } else assert.fail(`exportfs ${option}: ends what an admin exported by hand`)
    this.#grant()
    return said.length === 0 ? '' : { status: 1, stderr: said.join('\n') }
  }

  #grant(): void {
    this.nfs.exports.clear()
    const isMountPoint = (path: string) => this.mounts.some(({ point }) => point === path)
    for (const { path } of this.etab) {
      if (admits(this.etab, path, '127.0.0.1', isMountPoint))
        this.nfs.exports.set(path, Buffer.from('handle'))
    }
  }
}

const keyOf = ({ client, path }: Entry): string => `${client}:${path}`
