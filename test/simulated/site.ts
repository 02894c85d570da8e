import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { load } from '../../src/config/load.ts'
import type { KeyName } from '../../src/config/schema.ts'
import { Lab } from '../../src/lab/lab.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { Service } from '../../src/serve/service.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { shareEnvironments } from '../../src/verbs/shares/share.ts'
import { SimNfsHost } from './nfs-host.ts'

export const SERVER = '192.168.77.1'
export const HANDLE = Buffer.from('de3c6a5b000000000a000000aabbccdd001122334455667701020304', 'hex')

/** An appliance on a simulated network, with boot environments `fb14` and `fb15` shared, and `deb12`. */
export class SimSite {
  readonly net = new SimNetwork()
  readonly dir: string
  readonly events: SessionRecord[] = []
  readonly nfs: SimNfsHost
  lab!: Lab
  service!: Service
  readonly #flags: Partial<Record<KeyName, string>>

  private constructor(
    dir: string,
    flags: Partial<Record<KeyName, string>>,
    nfs: SimNfsHost,
    net: SimNetwork,
  ) {
    this.dir = dir
    this.net = net
    this.nfs = nfs
    this.#flags = {
      'lab.address': `${SERVER}/24`,
      'lab.pool': '192.168.77.100-192.168.77.110',
      'dhcp.mode': 'authority',
      'be.root': join(dir, 'ROOT'),
      'state.dir': join(dir, 'state'),
      'exports.dir': join(dir, 'state/exports.d'),
      'pxe.dir': join(dir, 'pxe'),
      // Finding the host's NFS server would run programs, which the simulated clock does not wait for.
      'nfs.driver': 'none',
      'log.level': 'debug',
      ...flags,
    }
  }

  static async start(dir: string, flags: Partial<Record<KeyName, string>> = {}): Promise<SimSite> {
    const net = new SimNetwork()
    const site = new SimSite(dir, flags, await SimNfsHost.on(net, SERVER), net)
    for (const [index, be] of ['fb14', 'fb15', 'deb12'].entries()) {
      site.nfs.exports.set(join(dir, 'ROOT', be), Buffer.concat([HANDLE.subarray(1), Buffer.from([index])]))
      const files =
        be === 'deb12' ? ['vmlinuz-6.1', 'initrd.img-6.1'] : ['pxeboot', 'loader.efi', 'kernel/kernel']
      for (const file of files) site.file(`ROOT/${be}/boot/${file}`, 'x'.repeat(20_000))
    }
    for (const be of ['fb14', 'fb15']) {
      site.file(`ROOT/${be}/bin/freebsd-version`, `USERLAND_VERSION="${be.slice(2)}.0-RELEASE"\n`)
    }
    site.file('ROOT/deb12/etc/os-release', 'ID=debian\n')
    site.file('pxe/snponly.efi', 'x'.repeat(5000))
    await site.serve()
    for (const be of ['fb14', 'fb15', 'deb12']) await site.run(shareEnvironments(site.lab, { names: [be] }))
    return site
  }

  /** Starts `be serve`, the first or another one on the same state. */
  async serve(): Promise<void> {
    const effective = { ...load({ flags: this.#flags }), platform: 'freebsd' as const }
    const { clock } = this.net
    this.lab = new Lab(effective, { network: this.net.host(SERVER), clock })
    this.service = new Service(this.lab, record => this.events.push(record))
    await this.run(this.service.start())
  }

  /** Stops it as an administrator would. */
  async stop(): Promise<void> {
    await this.run(this.service.stop())
    this.lab.close()
  }

  /** The clock runs until the goal is reached: a whole boot takes milliseconds of real time. */
  run<T>(goal: Promise<T>): Promise<T> {
    return this.net.clock.until(goal)
  }

  file(path: string, content: string | Buffer): void {
    const full = join(this.dir, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
  }

  /** The last event of this name. */
  last(event: string): SessionRecord | undefined {
    return this.events.findLast(record => record.event === event)
  }

  count(event: string): number {
    return this.events.filter(record => record.event === event).length
  }
}
