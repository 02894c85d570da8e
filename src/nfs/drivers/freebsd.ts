import { dirname } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { directoryStep, type Step, writeStep } from '../../host/change.ts'
import { isYes } from '../../host/checkyesno.ts'
import type { Host, MountedAt } from '../../host/host.ts'
import { mountTable } from '../../host/mount-table.ts'
import type { NfsDriver } from '../driver.ts'
import { freebsdExports } from '../exports-text.ts'
import { fragmentName, pathsOf, type Share } from '../share-list.ts'
import { isMountPoint } from '../share-path.ts'
import { Mountd } from './freebsd-mountd.ts'
import { mountdFlags, type RcSettings, readRc } from './freebsd-rc.ts'
import { applySteps, onHost } from './steps.ts'

/**
 * The exports file that mountd reads besides /etc/exports. It lies in /var/run, which is emptied at boot: mountd
 * starts before boot environments are mounted, and would export the file system below, with root's rights.
 * `be serve` writes it again.
 */
export const FREEBSD_EXPORTS = '/var/run/nbe/exports'

const HEAD = '# Written by be(8): exports of boot environments. Gone at the next boot, and written again.\n'

export interface FreebsdOptions {
  host: Host
  warn: (line: string) => void
}

/**
 * nfsd and mountd of FreeBSD's base system: an exports file that mountd_flags names, read again at SIGHUP. The
 * kernel exports whole file systems, so only mount points are shared, and paths that are not mounted are left out.
 */
export function freebsdDriver({ host, warn }: FreebsdOptions): NfsDriver {
  const mountd = new Mountd(host)

  async function apply(shares: Share[]): Promise<Step[]> {
    const rc = await readRc(host)
    const table = await mountTable(host)
    const text = HEAD + freebsdExports(shares.flatMap(share => mountedPart(share, table, warn)))
    const file = await writeStep(FREEBSD_EXPORTS, text, 0o644, host)
    const running = await mountd.commandLine()
    if (shares.length === 0 && !running?.includes(FREEBSD_EXPORTS)) return emptyFile(file)
    const flags = shares.length === 0 ? undefined : flagsStep(host, rc)
    const action = serviceAction(running, flags !== undefined)
    if (file === undefined && action === 'onereload') return []
    const undone = action === 'onestart' ? 'onestop' : action
    const reloadOnUndo: Step = { what: `service mountd ${undone}`, undo: () => mountd.service(undone) }
    const mountdReads: Step = {
      what: onHost(host, `service mountd ${action}`),
      apply: () => mountd.service(action),
    }
    const all = [await directoryStep(dirname(FREEBSD_EXPORTS), host), reloadOnUndo, flags, file, mountdReads]
    return all.filter(step => step !== undefined)
  }

  /** Without shares mountd is not set up; a file that exists is emptied, or the next mountd would export it. */
  const emptyFile = async (file: Step | undefined): Promise<Step[]> =>
    file !== undefined && (await host.readIfThere(FREEBSD_EXPORTS)) !== undefined ? [file] : []

  return {
    name: 'freebsd',
    managesExports: true,
    mountPointsOnly: true,
    settleMs: 3000,
    fragment: share => ({ fileName: `${fragmentName(share)}.exports`, text: freebsdExports([share]) }),
    apply,
    async check() {
      for (const line of await mountd.check(await readRc(host))) warn(line)
    },
    async prepareBoot() {
      const flags = (await readRc(host)).get('mountd_flags') ?? ''
      if (!flags.split(/\s+/).includes(FREEBSD_EXPORTS)) return
      if ((await host.readIfThere(FREEBSD_EXPORTS)) !== undefined) return
      await host.makeDirectory(dirname(FREEBSD_EXPORTS), 0o755)
      await host.writeAtomic(FREEBSD_EXPORTS, HEAD, 0o644)
    },
    async start(shares) {
      await applySteps(await apply(shares))
    },
    // A reload does not do: at SIGHUP, mountd of 13 and later exports only what has changed in its files.
    reexport: () => mountd.service('onerestart'),
    complaints: () => mountd.logMessages(''),
    refusalReason: share => mountd.logMessages(share.path),
  }
}

/** Whether rc.conf(5) enables the host's NFS server, or mountd runs; false on a host without FreeBSD's tools. */
export async function isMountdEnabled(host: Host): Promise<boolean> {
  if (host.platform !== 'freebsd') return false
  try {
    const rc = await readRc(host)
    const enabled = isYes(rc.get('nfs_server_enable')) || isYes(rc.get('mountd_enable'))
    return enabled || (await new Mountd(host).commandLine()) !== undefined
  } catch (error) {
    if (error instanceof BeError && error.code === 'BE_PROGRAM_MISSING') return false
    throw error
  }
}

/** The command of service(8) by which mountd reads our file; which files it reads is fixed by its arguments. */
function serviceAction(running: string[] | undefined, flagsChange: boolean) {
  if (running === undefined) return 'onestart'
  return flagsChange || !running.includes(FREEBSD_EXPORTS) ? 'onerestart' : 'onereload'
}

/** The share without paths that are not mounted; empty if its root is not. */
function mountedPart(share: Share, table: readonly MountedAt[], warn: (line: string) => void): Share[] {
  const missing = pathsOf(share).filter(({ path }) => !isMountPoint(table, path))
  for (const { path } of missing) {
    warn(
      `${share.be} is shared, but nothing is mounted at ${path}: its export is left out; be mount ${share.be}`,
    )
  }
  if (missing.some(({ path }) => path === share.path)) return []
  return [{ ...share, children: share.children?.filter(child => !missing.some(({ id }) => id === child.id)) }]
}

/** The step that adds our file to mountd_flags; undefined when they name it. */
function flagsStep(host: Host, rc: RcSettings): Step | undefined {
  const before = rc.get('mountd_flags') ?? ''
  const after = mountdFlags(before, isYes(rc.get('zfs_enable')), FREEBSD_EXPORTS)
  if (after === before) return undefined
  const set = async (flags: string): Promise<void> => {
    await host.run(['sysrc', `mountd_flags=${flags}`], { timeoutMs: 20_000 })
  }
  return {
    what: onHost(host, `sysrc mountd_flags="${after}"`),
    diff: `-mountd_flags="${before}"\n+mountd_flags="${after}"`,
    apply: () => set(after),
    undo: () => set(before),
  }
}
