import type { BootEnvironment } from '../../be/be.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../lab/present-boots.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { isActive, peekState } from '../../launch/common/vm/state.ts'
import { isTreeLocked, lockTree, withTreeUsersLock } from '../../state/lock.ts'
import { offOf } from '../boots/progress.ts'
import { startedHere } from '../vms/started-here.ts'
import { jailsIn } from './find-jail.ts'
import { hasOrphans, processesIn, readRecordIfAllowed } from './tree-record.ts'
import type { TreeUsersLab } from './tree-users.ts'

/** One that uses a boot environment now: on this host, or as the root of a machine. */
export type User =
  | { by: 'install' }
  /** Another command that has locked the tree, as `be prepare` does. */
  | { by: 'command' }
  /** A process of `be jail` or `be chroot`. */
  | { by: 'process'; pid: number }
  | { by: 'jail'; id: string }
  /** A virtual machine of this host; `launch`: `qemu`. */
  | { by: 'vm'; machine: string; launch: string }
  | { by: 'machine'; machine: string; stage: 'booting' | 'up' }

export type MachineUser = Extract<User, { machine: string }>

export type UsersLab = TreeUsersLab & Pick<Lab, 'boots' | 'inventory' | 'dryRun'>

/** A boot that takes longer (ms) is over: the machine was switched off. */
const BOOT_LIMIT_MS = 3_600_000

type Tree = Pick<BootEnvironment, 'name' | 'path' | 'installing'>

/** Who uses each of these boot environments now, by its name; what killed processes left in them is ended before. */
export async function usersOf(lab: UsersLab, trees: readonly Tree[]): Promise<Map<string, User[]>> {
  if (!lab.dryRun) for (const { name } of trees) await endOrphansIfAny(lab, name)
  return usersNow(lab, trees)
}

/** Ends what killed processes left in a tree; not for a user who may not. Loads what does that only then. */
async function endOrphansIfAny(lab: UsersLab, name: string): Promise<void> {
  if (!hasOrphans(await readRecordIfAllowed(lab, name))) return
  const { endOrphansOf } = await import('./tree-users.ts')
  await endOrphansOf(lab, name).catch(error => {
    if (!(error instanceof BeError && error.exit === 'permission')) throw error
  })
}

async function usersNow(lab: UsersLab, trees: readonly Tree[]): Promise<Map<string, User[]>> {
  const [machines, jails] = await Promise.all([machineUsers(lab), jailsIn(lab, trees)])
  const users = trees.map(async ({ name, installing }): Promise<[string, User[]]> => {
    const locker = { by: installing ? ('install' as const) : ('command' as const) }
    const own: User[] = [
      ...(isTreeLocked(lab.stateDir, name) ? [locker] : []),
      ...(await processesIn(lab, name)).map(pid => ({ by: 'process' as const, pid })),
      ...jails.filter(({ be }) => be === name).map(({ id }) => ({ by: 'jail' as const, id })),
    ]
    return [name, [...own, ...(machines.get(name) ?? [])]]
  })
  return new Map(await Promise.all(users))
}

export type MachineUsersLab = Pick<UsersLab, 'boots' | 'inventory' | 'clock' | 'stateDir'>

/**
 * The machines that run each boot environment, by its name: virtual machines of this host by their supervisors, others by
 * what was seen of their boots.
 */
export async function machineUsers(lab: MachineUsersLab): Promise<Map<string, MachineUser[]>> {
  const users = new Map<string, MachineUser[]>()
  const add = (be: string, user: MachineUser) => users.set(be, [...(users.get(be) ?? []), user])
  for (const machine of await startedHere(lab)) {
    const state = peekState(vmFiles(lab.stateDir, machine))
    if (state !== undefined && isActive(state)) add(state.be, { by: 'vm', machine, launch: state.launch })
  }
  for (const { machine: mac, boot } of lab.boots.all()) {
    const machine = lab.inventory.get(mac)?.name ?? mac
    if (boot?.be === undefined || offOf(lab, mac, boot) !== undefined) continue
    const stage = stageNow(boot, lab.clock.now())
    if (stage === undefined) continue
    if (users.get(boot.be)?.some(user => user.machine === machine)) continue
    add(boot.be, { by: 'machine', machine, stage })
  }
  return users
}

/** Of a machine that is not known to be off: undefined for a boot that failed. A machine that is only silent may run. */
function stageNow({ reached, ownDisk, began }: RecordedBoot, now: number): 'booting' | 'up' | undefined {
  if (ownDisk !== undefined) return undefined
  if (reached.up !== undefined) return 'up'
  const loads = reached.file ?? reached.loader ?? reached.kernel
  return loads !== undefined && now - began < BOOT_LIMIT_MS ? 'booting' : undefined
}

/** For a person: `m1, m2 (booting), jail 3`. */
export const shownUsers = (users: readonly User[]): string => users.map(shown).join(', ')

function shown(user: User): string {
  if (user.by === 'install') return 'be install'
  if (user.by === 'command') return 'another be'
  if (user.by === 'process') return `process ${user.pid}`
  if (user.by === 'jail') return `jail ${user.id}`
  if (user.by === 'vm') return `${user.machine} (${user.launch})`
  return user.stage === 'up' ? user.machine : `${user.machine} (booting)`
}

/** `run by m1, m2 (booting)`; undefined when no machine is among them. */
export function runBy(users: readonly User[] = []): string | undefined {
  const machines = users.filter(user => 'machine' in user)
  return machines.length === 0 ? undefined : `run by ${shownUsers(machines)}`
}

/** Throws BE_IN_USE if machines run any of these boot environments; `command` would force it. */
export async function refuseRunning(
  lab: MachineUsersLab,
  names: readonly string[],
  command: string,
): Promise<void> {
  const running = await machineUsers(lab)
  const run = names.flatMap(name => {
    const by = runBy(running.get(name))
    return by === undefined ? [] : [`${name} is ${by}`]
  })
  if (run.length === 0) return
  throw new BeError('BE_IN_USE', run.join('; '), { hint: `shut down what runs it, or ${command}` })
}

/** As refuseRunning, but only where the machines can write to the tree: its files would be changed under each other's hands. */
export async function refuseWriters(
  lab: MachineUsersLab & Pick<Lab, 'shares'>,
  name: string,
  command: string,
): Promise<void> {
  if (lab.shares.get(name)?.readOnly === false) await refuseRunning(lab, [name], command)
}

/**
 * Does the work while nobody on this host installs, jails or runs a command in the tree, or begins to; with -n it is only
 * checked. Throws BE_BUSY, BE_TREE_BUSY.
 */
export async function whileUnused<T>(lab: UsersLab, be: Tree, work: () => Promise<T>): Promise<T> {
  const { stateDir, clock, dryRun } = lab
  const { name } = be
  const checkAndWork = async () => {
    const users = (await usersNow(lab, [be])).get(name)!
    const here = users.filter(({ by }) => by === 'jail' || by === 'process')
    if (here.length > 0) throw busyError(name, here)
    return work()
  }
  if (dryRun && !isTreeLocked(stateDir, name)) return checkAndWork()
  const lock = lockTree(stateDir, name)
  try {
    if (!dryRun) await endOrphansIfAny(lab, name)
    return await withTreeUsersLock(stateDir, name, clock, checkAndWork)
  } finally {
    lock.release()
  }
}

const busyError = (name: string, users: readonly User[]): BeError =>
  new BeError('BE_BUSY', `${name} has ${shownUsers(users)} running in it`, {
    hint: users.some(({ by }) => by === 'jail') ? `be unjail ${name} ends the jail` : 'let that end',
  })
