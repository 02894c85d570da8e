import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildGuest } from './guest.ts'
import { LAB, Lab } from './lab.ts'
import type { Program } from './program.ts'
import { type Firmware, startGuest } from './qemu.ts'

/** What the rig needs beyond Node, as Debian names it. */
export const PACKAGES = ['iproute2', 'ipxe', 'ipxe-qemu', 'ovmf', 'qemu-system-x86', 'seabios']

/** Who exports in the lab. */
export type Nfs = 'embedded' | 'ganesha'

/** What ganesha needs beside; rpcbind finds its port in /etc/services. */
export const GANESHA_PACKAGES = ['netbase', 'nfs-ganesha', 'nfs-ganesha-vfs', 'procps', 'rpcbind']

const BE = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** One private lab with an appliance in it, all of whose files lie in a directory of its own. */
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
    return new Site(lab, mkdtempSync(join(tmpdir(), 'nbe-')), nfs)
  }

  /** The argument vector of `be`, with this site's configuration. */
  command(...args: string[]): string[] {
    return [process.execPath, BE, '--config', this.#config, ...args]
  }

  /** Runs `be`; resolves with what it printed. */
  be(...args: string[]): Promise<string> {
    return this.lab.run(this.command(...args), { name: `be ${args[0]}` })
  }

  /** Starts `be serve`, with these flags beside the configuration; resolves when it answers. */
  async serve(...flags: string[]): Promise<Program> {
    const logFile = join(this.dir, 'serve.log')
    this.#service = this.lab.start(this.command('serve', ...flags), { name: 'be serve', logFile })
    await this.#service.transcript.waitFor(/^be: .*serv/m, 60_000)
    return this.#service
  }

  /** `be create`, and a small Linux put into it (see buildGuest). */
  async addGuestBe(name: string, options: { keep?: boolean } = {}): Promise<void> {
    await this.addBe(name, tree => buildGuest(tree, name, options))
  }

  /** `be create`, and what `build` puts into an empty directory. */
  async addBe(name: string, build: (tree: string) => Promise<unknown>): Promise<void> {
    const tree = join(this.dir, 'trees', name)
    mkdirSync(tree, { recursive: true })
    await build(tree)
    await this.be('create', '-l', 'flat', name)
    await this.lab.run(['cp', '-a', `${tree}/.`, `/ROOT/${name}/`])
    rmSync(tree, { recursive: true })
  }

  /** Shows a directory of the host as a boot environment. */
  async addDirectoryBe(name: string, from: string): Promise<void> {
    await this.lab.run(['mkdir', `/ROOT/${name}`])
    await this.lab.run(['mount', '--bind', resolve(from), `/ROOT/${name}`])
  }

  /** Follows the appliance's log, what was there included. */
  log(): Program {
    return this.lab.start(this.command('log', '-f'), { name: 'be log' })
  }

  /** Switches a machine on. */
  switchOn(firmware: Firmware, mac: string, memory?: number): Promise<Program> {
    const dir = join(this.dir, `guest${this.#guests++}`)
    mkdirSync(dir)
    return startGuest(this.lab, { firmware, mac, dir, ...(memory !== undefined && { memory }) })
  }

  /** Stops the service as an admin would, then everything else. */
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
