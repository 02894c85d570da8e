import { rm } from 'node:fs/promises'
import { BeError } from '../../errors/errors.ts'
import { stopDaemon } from '../../host/daemon.ts'
import { runCommand } from '../../launch/common/steps.ts'
import { removeJail } from '../../launch/jail.ts'
import { beName } from '../environments/names.ts'
import { findJails, type Jail, jailFiles } from './find-jail.ts'
import { stepContext } from './orphans.ts'
import type { TreeLab } from './run.ts'
import { endOrphansOf, releaseTree } from './tree-users.ts'

export interface EndJailInput {
  /** A boot environment; on FreeBSD also a jid or a jail's name. */
  name: string
}

/**
 * Removes the jail that a boot environment was left with, with all its processes, and unmounts the boot environment unless
 * it is shared. Resolves with its name. Throws BE_NOT_JAILED, and what unmounting throws.
 */
export async function endJail(lab: TreeLab, { name: text }: EndJailInput): Promise<string> {
  const { platform } = lab.effective
  const name = beName(lab, text)
  const isBe = (await lab.store.list()).some(one => one.name === name)
  const hadOrphans = isBe && !lab.dryRun && (await endOrphansOf(lab, name))
  const jails = await findJails(lab, name)
  if (jails.length === 0 && hadOrphans) return name
  if (jails.length === 0) {
    throw new BeError('BE_NOT_JAILED', `no jail of ${text}`, {
      expected: `a boot environment${platform === 'freebsd' ? ', jid or jail' : ''} that be jail -b left`,
    })
  }
  const { be } = jails[0]!
  if (lab.dryRun) {
    lab.say(`would end the jail of ${be} (${jails.map(({ id }) => id).join(', ')}) and unmount ${be}`)
    return be
  }
  for (const jail of jails) await (platform === 'linux' ? endNamespaces : removeFreebsdJail)(lab, jail)
  await releaseTree(lab, be)
  return be
}

async function endNamespaces({ stateDir, clock }: TreeLab, { be, id }: Jail): Promise<void> {
  const { pidFile, logFile } = jailFiles(stateDir, be)
  await stopDaemon(Number(id), pidFile, clock, 0)
  await rm(logFile, { force: true })
}

const removeFreebsdJail = (lab: TreeLab, { id }: Jail): Promise<void> =>
  runCommand({ what: `remove jail ${id}`, argv: removeJail(id) }, stepContext(lab))
