import { dirname } from 'node:path'
import { BeError } from '../../errors.ts'
import { directoryStep, type Step, writeStep } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'
import { endingOf } from '../../host/run.ts'
import type { NfsDriver } from '../driver.ts'
import { linuxExports } from '../exports-text.ts'
import { fragmentName, type Share } from '../model.ts'

/** exports(5): what lies in /etc/exports.d and ends so is read after /etc/exports. */
export const LINUX_EXPORTS = '/etc/exports.d/be.exports'

const HEAD = '# Written by be(8): exports of boot environments.\n'

/** nfsd(7): what the kernel's server is doing, as files. */
const NFSD = '/proc/fs/nfsd'

const EXPORTFS_MS = 60_000
/** Lines of exportfs that an error quotes at most. */
const QUOTED = 3

export interface LinuxOptions {
  host: Host
  warn: (line: string) => void
}

/** The NFS server of the Linux kernel: a file of our own in /etc/exports.d, put into force by exportfs(8). */
export function linuxDriver({ host, warn }: LinuxOptions): NfsDriver {
  let words: string[] = []

  /**
   * A line that exportfs does not like, somebody else's perhaps, fails it, and all others are in force: MNT tells
   * whether ours are, and what was said goes into that error.
   */
  async function exportfs(): Promise<void> {
    const said = await host.run(['exportfs', '-ra'], { timeoutMs: EXPORTFS_MS }).catch(error => {
      const ending = endingOf(error)
      if (ending === undefined) throw error
      return ending
    })
    words = said.stderr.split('\n').filter(line => line.trim() !== '')
  }

  async function apply(shares: Share[]): Promise<Step[]> {
    const text = HEAD + linuxExports(shares)
    if (shares.length === 0 && (await host.readIfThere(LINUX_EXPORTS)) === undefined) return []
    const file = await writeStep(LINUX_EXPORTS, text, 0o644, host)
    if (file === undefined) return []
    const back: Step = { what: 'exportfs -ra', undo: exportfs }
    const read: Step = { what: `${host.local ? '' : `${host.name}: `}exportfs -ra`, apply: exportfs }
    const all = [await directoryStep(dirname(LINUX_EXPORTS), host), back, file, read]
    return all.filter(step => step !== undefined)
  }

  return {
    name: 'linux',
    local: true,
    settleMs: 500,
    fragment: share => ({ fileName: `${fragmentName(share)}.exports`, text: linuxExports([share]) }),
    apply,
    check: () => checkNfsd(host, warn),
    async start(shares) {
      for (const step of await apply(shares)) await step.apply?.()
    },
    renew: exportfs,
    async complaint({ path }) {
      const about = words.filter(line => line.includes(path))
      const said = (about.length > 0 ? about : words).map(line => line.replace(/^exportfs: /, '').trim())
      return [...new Set(said)].slice(0, QUOTED).join('; ')
    },
  }
}

/** Whether the kernel's NFS server runs there. */
export async function nfsdRuns(host: Host): Promise<boolean> {
  return Number.parseInt((await host.readIfThere(`${NFSD}/threads`)) ?? '0', 10) > 0
}

/** Throws BE_NFSD_DOWN, BE_NFSD_SETUP; warns when loaders could not read. */
async function checkNfsd(host: Host, warn: (line: string) => void): Promise<void> {
  if (!(await nfsdRuns(host))) {
    throw new BeError('BE_NFSD_DOWN', `the NFS server of ${host.name}'s kernel does not run`, {
      hint: 'systemctl enable --now nfs-server (Debian: apt-get install nfs-kernel-server)',
      exit: 'unavailable',
    })
  }
  const versions = (await host.readIfThere(`${NFSD}/versions`)) ?? ''
  if (!/(^|\s)\+3(\s|$)/.test(versions)) {
    throw new BeError('BE_NFSD_SETUP', `nfsd of ${host.name} does not speak version 3`, {
      expected: `+3 in ${NFSD}/versions, found ${JSON.stringify(versions.trim())}`,
      hint: SWITCH_ON,
      exit: 'unavailable',
    })
  }
  const ports = (await host.readIfThere(`${NFSD}/portlist`)) ?? ''
  if (!/^udp\b/m.test(ports))
    warn(`nfsd of ${host.name} does not serve UDP, which loaders read by: ${SWITCH_ON}`)
}

/** nfs.conf(5). */
const SWITCH_ON = `in /etc/nfs.conf, section [nfsd], set "udp=y" and "vers3=y", then systemctl restart nfs-server`
