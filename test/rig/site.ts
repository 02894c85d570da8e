import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BE } from '../support/built.ts'
import { buildGuest } from './guest.ts'
import { LAB, Lab } from './lab.ts'
import type { Program } from './program.ts'
import { type Firmware, startGuest } from './qemu.ts'

/** Debian packages that the rig needs. */
export const PACKAGES = ['iproute2', 'ipxe', 'ipxe-qemu', 'ovmf', 'qemu-system-x86', 'seabios']

/** The NFS server in the lab. */
export type Nfs = 'embedded' | 'ganesha'

/** Debian packages for ganesha. netbase has /etc/services, in which rpcbind looks up its port. */
export const GANESHA_PACKAGES = ['netbase', 'nfs-ganesha', 'nfs-ganesha-vfs', 'procps', 'rpcbind']

/** A lab with an appliance, whose files are all in one directory. */
export class Site {
  readonly lab: Lab
  readonly dir: string
  readonly #config: string
  #service: Program | undefined
  #guests = 0

  private constructor(lab: Lab, dir: string, nfs: Nfs) {
    this.lab = lab
    this.dir = dir
    this.#config = join(dir, 'be.toml')
    writeFileSync(this.#config, configuration(dir, nfs))
  }

  static async open(nfs: Nfs = 'embedded'): Promise<Site> {
    const lab = await Lab.open()
    // As be makes it.
    await lab.run(['chmod', '0700', '/ROOT'])
    return new Site(lab, mkdtempSync(join(tmpdir(), 'nbe-')), nfs)
  }

  /** The argument vector of `be` with this configuration. */
  command(...args: string[]): string[] {
    return [process.execPath, BE, '--config', this.#config, ...args]
  }

  /** Runs `be`; resolves with what it printed. */
  be(...args: string[]): Promise<string> {
    return this.lab.run(this.command(...args), { name: `be ${args[0]}` })
  }

  /** Starts `be serve` with additional flags; resolves when it serves. */
  async serve(...flags: string[]): Promise<Program> {
    const logFile = join(this.dir, 'serve.log')
    this.#service = this.lab.start(this.command('serve', ...flags), { name: 'be serve', logFile })
    await this.#service.transcript.waitFor(/^be: .*serv/m, 60_000)
    return this.#service
  }

  /** `be create`, and a small Linux in it (see buildGuest). */
  async addGuestBe(name: string, options: { keep?: boolean } = {}): Promise<void> {
    await this.addBe(name, tree => buildGuest(tree, name, options))
  }

  /** `be create`, filled with what `build` puts into an empty directory. */
  async addBe(name: string, build: (tree: string) => Promise<unknown>): Promise<void> {
    const tree = join(this.dir, 'trees', name)
    mkdirSync(tree, { recursive: true })
    await build(tree)
    await this.be('create', '-l', 'flat', name)
    await this.lab.run(['cp', '-a', `${tree}/.`, `/ROOT/${name}/`])
    rmSync(tree, { recursive: true })
  }

  /** Mounts a directory of the host as a boot environment. */
  async addDirectoryBe(name: string, from: string): Promise<void> {
    await this.lab.run(['mkdir', `/ROOT/${name}`])
    await this.lab.run(['mount', '--bind', resolve(from), `/ROOT/${name}`])
  }

  /** Follows the session log, existing records included. */
  log(): Program {
    return this.lab.start(this.command('log', '-f'), { name: 'be log' })
  }

  /** Starts a machine. */
  switchOn(firmware: Firmware, mac: string, memory?: number): Promise<Program> {
    const dir = join(this.dir, `guest${this.#guests++}`)
    mkdirSync(dir)
    return startGuest(this.lab, { firmware, mac, dir, ...(memory !== undefined && { memory }) })
  }

  /** Stops the service (SIGTERM), then everything else. */
  async close(): Promise<void> {
    await this.#service?.stop(15_000)
    await this.lab.close()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const configuration = (dir: string, nfs: Nfs): string => `[lab]
interface = "${LAB.bridge}"
address = "${LAB.address}"
pool = "${LAB.pool}"

[dhcp]
mode = "authority"

[nfs]
driver = "${nfs}"

[be]
root = "/ROOT"

[boot]
loader = ["console=comconsole"]
cmdline = "console=ttyS0"

[state]
dir = "${dir}/state"

[pxe]
dir = "${dir}/pxe"
`
