import { dirname } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { directoryStep, fewOf, type Step, writeStep } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'
import { endingOf } from '../../host/run.ts'
import type { NfsDriver } from '../driver.ts'
import { linuxExports, parseLinuxExports } from '../exports-text.ts'
import { fragmentName, type Share } from '../share-list.ts'

/** exports(5): what lies in /etc/exports.d and ends so is read after /etc/exports. */
export const LINUX_EXPORTS = '/etc/exports.d/be.exports'

const HEAD = '# Written by be(8): exports of boot environments.\n'

/** nfsd(7): what the kernel's server is doing, as files. */
const NFSD = '/proc/fs/nfsd'

const EXPORTFS_MS = 60_000
/** Exports that one exportfs -u ends: the length of a command line has its limit, by ssh above all. */
const AT_ONCE = 100
/** Lines of exportfs that an error quotes at most. */
const QUOTED = 3

export interface LinuxOptions {
  host: Host
  warn: (line: string) => void
}

/**
 * The NFS server of the Linux kernel: a file of our own in /etc/exports.d, put into force by exportfs(8). Never with
 * its -r, which would end all that no file names: what an admin exported by hand.
 */
export function linuxDriver({ host, warn }: LinuxOptions): NfsDriver {
  let words: string[] = []

  /** A line that it does not like fails it, and all others are in force: MNT tells whether ours are. */
  async function exportfs(...args: string[]): Promise<string[]> {
    const said = await host.run(['exportfs', ...args], { timeoutMs: EXPORTFS_MS }).catch(error => {
      const ending = endingOf(error)
      if (ending === undefined) throw error
      return ending
    })
    return said.stderr.split('\n').filter(line => line.trim() !== '')
  }

  /** All that files name, changed options too. What it says against ours goes into the error of MNT. */
  async function exportAll(): Promise<void> {
    words = await exportfs('-a')
  }

  /** Each is `client:/path`; one that is not exported any more is none to it. */
  async function unexport(exported: readonly string[]): Promise<void> {
    for (let at = 0; at < exported.length; at += AT_ONCE) {
      await exportfs('-u', ...exported.slice(at, at + AT_ONCE))
    }
  }

  async function apply(shares: Share[]): Promise<Step[]> {
    const before = await host.readIfThere(LINUX_EXPORTS)
    if (shares.length === 0 && before === undefined) return []
    const text = HEAD + linuxExports(shares)
    const file = await writeStep(LINUX_EXPORTS, text, 0o644, host)
    if (file === undefined) return []
    const where = host.local ? '' : `${host.name}: `
    const [gone, added] = [differing(before, text), differing(text, before)]
    const back: Step = { what: 'exportfs -a', undo: () => unexport(added).then(exportAll) }
    // Before the file: cut off between the two, it is still shared, and can be taken back again.
    const end: Step = { what: `${where}exportfs -u ${fewOf(gone)}`, apply: () => unexport(gone) }
    const read: Step = { what: `${where}exportfs -a`, apply: exportAll }
    const directory = await directoryStep(dirname(LINUX_EXPORTS), host)
    return [directory, back, gone.length > 0 ? end : undefined, file, read].filter(step => step !== undefined)
  }

  return {
    name: 'linux',
    managesExports: true,
    settleMs: 500,
    fragment: share => ({ fileName: `${fragmentName(share)}.exports`, text: linuxExports([share]) }),
    apply,
    check: () => checkNfsd(host, warn),
    async start(shares) {
      for (const step of await apply(shares)) await step.apply?.()
    },
    reexport: exportAll,
    async refusalReason({ path }) {
      const about = words.filter(line => line.includes(path))
      const said = (about.length > 0 ? about : words).map(line => line.replace(/^exportfs: /, '').trim())
      return [...new Set(said)].slice(0, QUOTED).join('; ')
    },
  }
}

/** What the one text exports and the other does not. */
function differing(text = '', other = ''): string[] {
  const there = new Set(parseLinuxExports(other))
  return parseLinuxExports(text).filter(exported => !there.has(exported))
}

/** Whether the NFS server of the host's Linux kernel runs. */
export async function nfsdRuns(host: Host): Promise<boolean> {
  if (host.platform !== 'linux') return false
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
