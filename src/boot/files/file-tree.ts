import { FairQueue } from '../../host/queue.ts'
import type { Client } from '../client.ts'
import { firmwarePaths, withoutSerial } from '../raspberry-pi.ts'
import type { BootFile, BootTree, Entry } from './boot-file.ts'
import { listBelow } from './list-below.ts'
import { memoryFile } from './memory-file.ts'
import { openBelow } from './open-below.ts'
import { normalPath } from './path.ts'
import { isPublic, SEED } from './public.ts'

/**
 * Reads at a time, of all transfers, as many as there are threads for it; clients take turns. Behind thousands of reads a
 * small file would be read seconds later; and Node accepts one connection in each turn of its event loop, which must
 * not be long.
 */
const MAX_READS = 4

/** Generates a file's bytes when it is requested; undefined: this provider has no such file. */
export type Provider = (path: string, client: { address: string }) => Promise<Buffer | undefined>

export interface FileTreeOptions {
  /** Directories that serve all other paths, in order of precedence: the administrator's, then our own. */
  pxe: string[]
  /** Absolute path of the boot environment `name` (without slashes); undefined when there is none. */
  bePath(name: string): Promise<string | undefined>
  /** Name of the boot environment that is assigned to the machine `mac` (lower-case, colons). */
  machineBe(mac: string): Promise<string | undefined>
  /** A virtual file in the tree of the machine `mac`; `path` as in the BE, `/boot/loader.conf.local`. */
  virtual?(mac: string, path: string, client: { address: string }): Promise<Buffer | undefined>
  /** The latest DHCP client with this address. */
  clientAt?(address: string): Pick<Client, 'mac' | 'board'> | undefined
  /** Tried first, in order, for every path. */
  providers?: Provider[]
}

/**
 * Every file that a machine can fetch, in one tree:
 *
 *     /be/<be>/<path>     <path> in that boot environment
 *     /m/<mac>/<path>     <path> in the boot environment of that machine, or a virtual file; MAC with dashes
 *     anything else       the pxe directories; what they do not have may be the machine's: a grub.cfg, the files of a
 *                         Raspberry Pi
 *
 * Paths are taken as firmware sends them (see normalPath). Nothing outside of these roots is ever opened, and in
 * a boot environment only what isPublic allows.
 */
export class FileTree implements BootTree {
  readonly #options: FileTreeOptions
  readonly #reads = new FairQueue(MAX_READS)

  constructor(options: FileTreeOptions) {
    this.#options = options
  }

  async open(raw: string, client: { address: string }): Promise<BootFile | undefined> {
    const file = await this.#find(raw, client)
    return file && { ...file, read: (...part) => this.#reads.run(client.address, () => file.read(...part)) }
  }

  async #find(raw: string, client: { address: string }): Promise<BootFile | undefined> {
    const path = normalPath(raw)
    if (path === undefined) return undefined
    for (const provide of this.#options.providers ?? []) {
      const bytes = await provide(path, client)
      if (bytes !== undefined) return memoryFile(path, bytes)
    }
    const [, tree, name, rest] = /^\/(be|m)\/([^/]+)(\/.+)$/.exec(path) ?? []
    if (tree === 'be') return this.#inBe(name!, rest!, path)
    if (tree === 'm') return this.#asMachine(name!, rest!, path, client)
    return (
      (await this.#inPxe(path)) ??
      (await this.#grubConfig(path, client)) ??
      this.#forRaspberryPi(path, client)
    )
  }

  /** Lists directories of boot environments alone, not the pxe directories. */
  async list(raw: string): Promise<Entry[] | undefined> {
    const path = normalPath(raw.replace(/[/\\]+$/, '')) ?? ''
    const [, tree, name, rest = '/'] = /^\/(be|m)\/([^/]+)(\/.+)?$/.exec(path) ?? []
    const be = tree === 'm' ? await this.#beOf(name!) : name
    const root = be === undefined ? undefined : await this.#options.bePath(be)
    return root === undefined ? undefined : listBelow(root, rest, isPublic)
  }

  async #inBe(be: string, rest: string, path: string): Promise<BootFile | undefined> {
    if (rest === SEED) return undefined
    const root = await this.#options.bePath(be)
    return root === undefined ? undefined : openBelow(root, rest, path, isPublic)
  }

  async #asMachine(
    name: string,
    rest: string,
    path: string,
    client: { address: string },
  ): Promise<BootFile | undefined> {
    const mac = macOf(name)
    const bytes = mac === undefined ? undefined : await this.#options.virtual?.(mac, rest, client)
    if (bytes !== undefined) return memoryFile(path, bytes)
    const be = await this.#beOf(name)
    return be === undefined ? undefined : this.#inBe(be, rest, path)
  }

  /** The boot environment of the machine with this MAC, written with dashes. */
  async #beOf(name: string): Promise<string | undefined> {
    const mac = macOf(name)
    return mac === undefined ? undefined : this.#options.machineBe(mac)
  }

  /**
   * GRUB looks for grub.cfg-01-MAC and grub.cfg in a directory that is built into it, or in the one that it came from
   * (GRUB manual, "Network").
   */
  async #grubConfig(path: string, client: { address: string }): Promise<BootFile | undefined> {
    const asked = /\/grub\.cfg(?:-01-([^/]+))?$/.exec(path)
    if (asked === null) return undefined
    const mac = asked[1] === undefined ? this.#options.clientAt?.(client.address)?.mac : macOf(asked[1])
    const bytes = mac === undefined ? undefined : await this.#options.virtual?.(mac, '/grub.cfg', client)
    return bytes && memoryFile(path, bytes)
  }

  /** Out of its boot environment, or those of all in the pxe directories. */
  async #forRaspberryPi(path: string, client: { address: string }): Promise<BootFile | undefined> {
    const { mac, board } = this.#options.clientAt?.(client.address) ?? {}
    if (mac === undefined || board !== 'raspberry-pi') return undefined
    const plain = withoutSerial(path)
    const bytes = await this.#options.virtual?.(mac, plain, client)
    if (bytes !== undefined) return memoryFile(path, bytes)
    const be = await this.#options.machineBe(mac)
    for (const own of be === undefined ? [] : firmwarePaths(path)) {
      const file = await this.#inBe(be!, own, path)
      if (file !== undefined) return file
    }
    return plain === path ? undefined : this.#inPxe(plain)
  }

  async #inPxe(path: string): Promise<BootFile | undefined> {
    for (const directory of this.#options.pxe) {
      const file = await openBelow(directory, path, path)
      if (file !== undefined) return file
    }
    return undefined
  }
}

function macOf(name: string): string | undefined {
  const mac = name.toLowerCase().replaceAll('-', ':')
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) ? mac : undefined
}
