import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchStep } from '../../launch/common/launch.ts'
import { applyStep, stepOf } from '../../launch/common/steps.ts'
import type { JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { withTreeUsersLock } from '../../state/lock.ts'
import { type JailsLab, jailsIn } from './find-jail.ts'
import { freeJailName } from './jail-name.ts'
import { endOrphans, type OrphansLab, stepContext, takeBack } from './orphans.ts'
import { noUsers, processId, type TreeUser, type TreeUsers, writeRecord } from './tree-record.ts'

export type TreeUsersLab = JailsLab & OrphansLab & Pick<Lab, 'clock'>

export interface TreeUseOptions {
  /** As long as no step fails, the boot environment stays mounted. */
  leave?: boolean
  /** It is a jail, with these parameters. */
  jail?: readonly JailOption[]
}

let uses = 0

/** One use of a boot environment's tree by this process: a jail or a chroot. */
export class TreeUse {
  readonly #lab: TreeUsersLab
  readonly #name: string
  readonly #options: TreeUseOptions
  readonly #use = uses++
  #mountedIt = false
  #jail: string | undefined

  constructor(lab: TreeUsersLab, name: string, options: TreeUseOptions = {}) {
    this.#lab = lab
    this.#name = name
    this.#options = options
  }

  /** FreeBSD: the jail's name, which no other jail has. Undefined before the step was applied. */
  get jail(): string | undefined {
    return this.#jail
  }

  /**
   * The step that mounts the boot environment if it is not mounted, and adds this use to its users. Its undo removes the
   * use, and takes back all mounts if no process and no jail uses the tree any more; otherwise the last user does, which
   * may be `be unjail`. A boot environment that has been shared meanwhile stays mounted.
   */
  get step(): Step {
    const lab = this.#lab
    const name = this.#name
    return {
      what: `mount ${name}`,
      apply: () =>
        updateUsers(lab, name, async users => {
          const { leave, jail } = this.#options
          if (jail !== undefined) this.#jail = await freeJailName(lab, name, jail, users)
          this.#mountedIt = !(await lab.store.fileSystems(name)).every(({ mounted }) => mounted)
          const self = { ...(await processId(process.pid)), use: this.#use, jail: this.#jail }
          const unmount = users.unmount || (this.#mountedIt && !leave)
          const now = { ...users, processes: [...users.processes, self], unmount }
          return this.#mountedIt ? { now, work: () => lab.store.mount(name) } : { now }
        }),
      undo: () =>
        updateUsers(lab, name, users => {
          const unmount = users.unmount || this.#mountedIt
          return withoutUser(lab, name, { ...users, processes: this.#others(users), unmount })
        }),
    }
  }

  /** A step of the plan: a mount in the tree is shared by all its users, and taken back by the last. */
  stepOf(step: LaunchStep): Step {
    const context = stepContext(this.#lab)
    const { mount } = step
    if (mount === undefined) return stepOf(step, context)
    return {
      what: step.do.what,
      apply: () =>
        updateUsers(this.#lab, this.#name, async users => {
          const top = users.mounts.findLast(({ at }) => at === mount.at)
          if (top !== undefined && (mount.ruleset === undefined || top.ruleset === mount.ruleset)) {
            return { now: users }
          }
          if (top?.ruleset !== undefined) throw otherDevices(mount.at, top.ruleset, mount.ruleset!)
          const now = { ...users, mounts: [...users.mounts, mount] }
          return { now, work: () => applyStep(step, context) }
        }),
    }
  }

  /** The command of `be chroot` runs: on FreeBSD it would go on if this process were killed. */
  async started(pid: number): Promise<void> {
    if (this.#lab.effective.platform === 'linux' || this.#jail !== undefined) return
    const command = await processId(pid)
    const set = (user: TreeUser) => (this.#isSelf(user) ? { ...user, command } : user)
    await updateUsers(this.#lab, this.#name, async users => ({
      now: { ...users, processes: users.processes.map(set) },
    }))
  }

  /** This process goes and leaves the jail, which `be unjail` ends; without a jail, the mounts are left to the admin. */
  async settle(): Promise<void> {
    await updateUsers(this.#lab, this.#name, async users => {
      if (!users.processes.some(user => this.#isSelf(user))) return { now: users }
      const now = { ...users, processes: this.#others(users) }
      const forgetMounts = async () => {
        if (now.processes.length > 0 || (await hasJail(this.#lab, this.#name))) return
        await writeRecord(this.#lab, this.#name, { users: noUsers(), killed: [] })
      }
      return { now, work: forgetMounts }
    })
  }

  #isSelf({ pid, use }: TreeUser): boolean {
    return pid === process.pid && use === this.#use
  }

  #others({ processes }: TreeUsers): TreeUser[] {
    return processes.filter(user => !this.#isSelf(user))
  }
}

/** Takes back the mounts of a boot environment whose jail has ended; if others use it, the last one does. */
export const releaseTree = (lab: TreeUsersLab, name: string): Promise<void> =>
  updateUsers(lab, name, users => withoutUser(lab, name, { ...users, unmount: true }))

/** Ends what killed processes left in a tree. Resolves with whether there was anything. */
export const endOrphansOf = (lab: TreeUsersLab, name: string): Promise<boolean> =>
  withTreeUsersLock(lab.stateDir, name, lab.clock, async () => (await endOrphans(lab, name)).ended)

/** The next list of users, and the mount or unmount that goes with it. */
interface Update {
  now: TreeUsers
  work?: () => Promise<unknown>
  /** The list if the work fails; default: as before. */
  failed?: TreeUsers
}

async function withoutUser(lab: TreeUsersLab, name: string, now: TreeUsers): Promise<Update> {
  const mayTakeBack = now.processes.length === 0 && (now.unmount || now.mounts.length > 0)
  if (!mayTakeBack || (await hasJail(lab, name))) return { now }
  return { now: noUsers(), failed: now, work: () => takeBack(lab, name, now) }
}

const hasJail = async (lab: TreeUsersLab, name: string): Promise<boolean> =>
  (await jailsIn(lab, [await lab.store.get(name)])).length > 0

/**
 * Changes the users of a tree under its lock, when orphans have been ended: writes them, then does the work; if that
 * fails, writes those of `failed`.
 */
async function updateUsers(
  lab: TreeUsersLab,
  name: string,
  decide: (before: TreeUsers) => Promise<Update>,
): Promise<void> {
  await withTreeUsersLock(lab.stateDir, name, lab.clock, async () => {
    const before = await endOrphans(lab, name)
    const { killed } = before
    const { now, work, failed = before.users } = await decide(before.users)
    await writeRecord(lab, name, { users: now, killed })
    await work?.().catch(async error => {
      await writeRecord(lab, name, { users: failed, killed })
      throw error
    })
  })
}

const otherDevices = (at: string, has: string, wanted: string): BeError =>
  new BeError('BE_BUSY', `${at} has ruleset ${has} for what runs there already, not ${wanted}`, {
    hint: 'let that end, or take the same devfs_ruleset',
  })
