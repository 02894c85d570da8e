import { dirname } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { directoryStep, type Step, summarizeList, writeStep } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'
import { endingOf } from '../../host/run.ts'
import type { NfsDriver } from '../driver.ts'
import { linuxExports, parseLinuxExports } from '../exports-text.ts'
import { fragmentName, type Share } from '../share-list.ts'
import { quoteLog } from './quote-log.ts'
import { applySteps, onHost } from './steps.ts'

/** exports(5): /etc/exports.d/*.exports are read after /etc/exports. */
export const LINUX_EXPORTS = '/etc/exports.d/be.exports'

const HEAD = '# Written by be(8): exports of boot environments.\n'

/** nfsd(7): the state of the kernel's server, as files. */
const NFSD = '/proc/fs/nfsd'

const EXPORTFS_MS = 60_000
/** Arguments of one exportfs -u: the length of a command line is limited, most of all over ssh. */
const MAX_UNEXPORTS = 100

export interface LinuxOptions {
  host: Host
  warn: (line: string) => void
}

/**
 * The NFS server of the Linux kernel: a file in /etc/exports.d, put into force by exportfs(8). Never by exportfs -r,
 * which ends every export that is in no file, such as those that an admin made by hand.
 */
export function linuxDriver({ host, warn }: LinuxOptions): NfsDriver {
  /** What the last exportfs -a printed. */
  let messages: string[] = []

  /**
   * Returns what exportfs printed. An exit status other than 0 is no error: it also means that some line is wrong,
   * maybe not ours, and the others are in force. MNT shows whether ours are.
   */
  async function exportfs(...args: string[]): Promise<string[]> {
    const { stderr } = await host.run(['exportfs', ...args], { timeoutMs: EXPORTFS_MS }).catch(error => {
      const ending = endingOf(error)
      if (ending === undefined) throw error
      return ending
    })
    return stderr.split('\n').filter(line => line.trim() !== '')
  }

  /** Exports all that is in files, with their present options. */
  async function exportAll(): Promise<void> {
    messages = await exportfs('-a')
  }

  /** Each is `client:/path`; those that are not exported are ignored. */
  async function unexport(exported: readonly string[]): Promise<void> {
    for (let at = 0; at < exported.length; at += MAX_UNEXPORTS) {
      await exportfs('-u', ...exported.slice(at, at + MAX_UNEXPORTS))
    }
  }

  async function apply(shares: Share[]): Promise<Step[]> {
    const before = await host.readIfThere(LINUX_EXPORTS)
    if (shares.length === 0 && before === undefined) return []
    const text = HEAD + linuxExports(shares)
    const file = await writeStep(LINUX_EXPORTS, text, 0o644, host)
    if (file === undefined) return []
    const [gone, added] = [difference(before, text), difference(text, before)]
    const reloadOnUndo: Step = { what: 'exportfs -a', undo: () => unexport(added).then(exportAll) }
    // Before the file is written: if this is interrupted between the two, the path is still shared, and unsharing
    // it can be repeated.
    const unexportGone: Step = {
      what: onHost(host, `exportfs -u ${summarizeList(gone)}`),
      apply: () => unexport(gone),
    }
    const exportFiles: Step = { what: onHost(host, 'exportfs -a'), apply: exportAll }
    const directory = await directoryStep(dirname(LINUX_EXPORTS), host)
    return [directory, reloadOnUndo, gone.length > 0 ? unexportGone : undefined, file, exportFiles].filter(
      step => step !== undefined,
    )
  }

  return {
    name: 'linux',
    managesExports: true,
    settleMs: 500,
    fragment: share => ({ fileName: `${fragmentName(share)}.exports`, text: linuxExports([share]) }),
    apply,
    check: () => checkNfsd(host, warn),
    async start(shares) {
      await applySteps(await apply(shares))
    },
    reexport: exportAll,
    async refusalReason({ path }) {
      const lines = messages.map(line => line.replace(/^exportfs: /, '').trim())
      return quoteLog(lines, path)
    },
  }
}

/** The exports, as `client:/path`, of one text that the other does not have. */
function difference(text = '', other = ''): string[] {
  const others = new Set(parseLinuxExports(other))
  return parseLinuxExports(text).filter(exported => !others.has(exported))
}

/** Whether the NFS server of the host's Linux kernel runs. */
export async function nfsdRuns(host: Host): Promise<boolean> {
  if (host.platform !== 'linux') return false
  return Number.parseInt((await host.readIfThere(`${NFSD}/threads`)) ?? '0', 10) > 0
}

/** Throws BE_NFSD_DOWN, BE_NFSD_SETUP; warns when nfsd does not serve UDP, by which loaders read. */
async function checkNfsd(host: Host, warn: (line: string) => void): Promise<void> {
  if (!(await nfsdRuns(host))) {
    throw new BeError('BE_NFSD_DOWN', `the NFS server of ${host.name}'s kernel does not run`, {
      hint: 'systemctl enable --now nfs-server (Debian: apt-get install nfs-kernel-server)',
    })
  }
  const versions = (await host.readIfThere(`${NFSD}/versions`)) ?? ''
  if (!/(^|\s)\+3(\s|$)/.test(versions)) {
    throw new BeError('BE_NFSD_SETUP', `nfsd of ${host.name} does not speak version 3`, {
      expected: `+3 in ${NFSD}/versions, found ${JSON.stringify(versions.trim())}`,
      hint: NFS_CONF_HINT,
    })
  }
  const ports = (await host.readIfThere(`${NFSD}/portlist`)) ?? ''
  if (!/^udp\b/m.test(ports))
    warn(`nfsd of ${host.name} does not serve UDP, which loaders read by: ${NFS_CONF_HINT}`)
}

/** nfs.conf(5). */
const NFS_CONF_HINT = `in /etc/nfs.conf, section [nfsd], set "udp=y" and "vers3=y", then systemctl restart nfs-server`
