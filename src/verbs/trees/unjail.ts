import { lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { stopDaemon } from '../../host/daemon.ts'
import { retryUndo, runCommand } from '../../launch/common/steps.ts'
import { removeJail } from '../../launch/jail.ts'
import { beName } from '../environments/names.ts'
import { findJail, type Jail, jailFiles } from './find-jail.ts'
import type { TreeLab } from './run.ts'
import { releaseTree } from './tree-users.ts'

export interface EndJailInput {
  /** A boot environment; on FreeBSD also a jid or a jail's name. */
  name: string
}

/**
 * Removes the jail of a boot environment with all its processes, and unmounts the boot environment unless it is shared.
 * Resolves with its name. Throws BE_NOT_JAILED, and what unmounting throws.
 */
export async function endJail(lab: TreeLab, { name: text }: EndJailInput): Promise<string> {
  const { platform } = lab.effective
  const jail = await findJail(lab, beName(lab, text))
  if (jail === undefined) {
    throw new BeError('BE_NOT_JAILED', `no jail of ${text}`, {
      expected: `a boot environment${platform === 'freebsd' ? ', jid or jail' : ''} that be jail -b left`,
    })
  }
  const { be, id } = jail
  if (lab.dryRun) {
    lab.say(`would end the jail of ${be} (${id}) and unmount ${be}`)
    return be
  }
  if (platform === 'linux') await endNamespaces(lab, jail)
  else await removeFreebsdJail(lab, jail)
  await retryUndo(() => releaseTree(lab, be))
  return be
}

async function endNamespaces({ stateDir, clock }: TreeLab, { be, id }: Jail): Promise<void> {
  const { pidFile, logFile } = jailFiles(stateDir, be)
  await stopDaemon(Number(id), pidFile, clock, 0)
  await rm(logFile, { force: true })
}

async function removeFreebsdJail(lab: TreeLab, { be, id }: Jail): Promise<void> {
  const context = { run: lab.run, platform: 'freebsd' as const }
  await runCommand({ what: `remove jail ${id}`, argv: removeJail(id) }, context)
  const dev = join((await lab.store.get(be)).path, 'dev')
  if (!(await isMountPoint(dev))) return
  await retryUndo(() => runCommand({ what: `unmount ${dev}`, argv: ['umount', dev] }, context))
}

/** Whether another file system is mounted here. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all(
    [path, join(path, '..')].map(one => lstat(one).catch(() => undefined)),
  )
  return own !== undefined && above !== undefined && own.dev !== above.dev
}
