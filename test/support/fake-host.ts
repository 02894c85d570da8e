import { BeError } from '../../src/errors/errors.ts'
import type { Host, MountedAt } from '../../src/host/host.ts'
import { mountOf } from '../../src/host/mount-table.ts'
import type { Platform } from '../../src/host/platform.ts'
import { programMissing, type RunResult } from '../../src/host/run.ts'

/** A program of a fake host; resolves with what it prints, or how it fails. */
export type Program = (args: string[], input: string) => Promise<string | { status: number; stderr: string }>

/** A host in memory, whose files, directories, links, mounts and programs a test sets. */
export class FakeHost implements Host {
  readonly name = 'this host'
  readonly local = true
  readonly platform: Platform
  readonly files = new Map<string, string>()
  readonly directories = new Set<string>(['/'])
  readonly links = new Map<string, string>()
  mounts: MountedAt[] = [{ point: '/', type: 'zfs', source: 'zroot/ROOT/default' }]
  readonly programs = new Map<string, Program>()
  /** The commands that were run, in order. */
  readonly ran: string[] = []
  /** Whether writes fail with BE_FILE_NO_SPACE. */
  full = false

  constructor(platform: Platform) {
    this.platform = platform
  }

  /** Makes a directory, and all above it. */
  directory(path: string): void {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) this.directories.add(at)
  }

  mount(source: string, point: string, type = 'zfs'): void {
    this.directory(point)
    this.mounts = [...this.mounts, { source, point, type }]
  }

  umount(point: string): void {
    this.mounts = this.mounts.filter(mount => mount.point !== point)
  }

  /** The number of commands run that begin like this. */
  count(command: string): number {
    return this.ran.filter(words => words.startsWith(command)).length
  }

  readonly run = async (argv: string[], { input = '' }: { input?: string }): Promise<RunResult> => {
    this.ran.push(argv.join(' '))
    const [name, ...args] = argv
    const program = this.programs.get(name!)
    if (program === undefined) throw programMissing(name!, this.platform)
    const result = await program(args, input)
    if (typeof result === 'string') return { stdout: result, stderr: '' }
    if (result.status === 0) return { stdout: '', stderr: result.stderr }
    const said = result.stderr.trimEnd().split('\n').at(-1)
    throw new BeError('BE_PROGRAM_FAILED', `${argv.join(' ')} ended with status ${result.status}: ${said}`, {
      cause: result,
    })
  }

  async readIfThere(path: string): Promise<string | undefined> {
    return this.files.get(path)
  }

  async writeAtomic(path: string, text: string): Promise<void> {
    if (this.full) throw new BeError('BE_FILE_NO_SPACE', `cannot write ${path}: no space left`)
    if (!this.directories.has(path.slice(0, path.lastIndexOf('/')))) {
      throw new BeError('BE_FILE_NO_DIRECTORY', `cannot write ${path}: its directory does not exist`)
    }
    this.files.set(path, text)
  }

  async removeFile(path: string): Promise<void> {
    this.files.delete(path)
  }

  async makeDirectory(path: string): Promise<void> {
    this.directory(path)
  }

  async list(path: string): Promise<string[]> {
    const inside = [...this.files.keys(), ...this.directories].filter(at => at.startsWith(`${path}/`))
    return [...new Set(inside.map(at => at.slice(path.length + 1).split('/')[0]!))]
  }

  async realPath(path: string): Promise<string | undefined> {
    const plain = path.replace(/\/\.$/, '')
    if (plain !== path) return this.directories.has(plain) ? plain : undefined
    if (this.links.has(path)) return this.links.get(path)
    return this.directories.has(path) || this.files.has(path) ? path : undefined
  }

  async mountedAt(path: string): Promise<MountedAt | undefined> {
    const real = await this.realPath(path)
    return real === undefined ? undefined : mountOf(this.mounts, real)
  }

  async close(): Promise<void> {}
}
