import { inspect } from '../../be/inspect.ts'
import { refuseInstalling } from '../../be/installing.ts'
import { parseBeName } from '../../be/name.ts'
import type { BeFileSystem } from '../../be/store.ts'
import { BeError } from '../../errors/errors.ts'
import type { ChangeOptions } from '../../host/change.ts'
import { recordHandle } from '../../lab/handle-changes.ts'
import type { Lab } from '../../lab/lab.ts'
import { sleep } from '../../net/net.ts'
import type { NfsRoot } from '../../nfs/root.ts'
import { type ShareContext, shareBes, unshareBes } from '../../nfs/share.ts'
import type { ShareRequest } from '../../nfs/share-list.ts'
import { notMounted } from '../../nfs/share-path.ts'
import { sessionsFile } from '../../session/log.ts'
import { LOADING_MS, latest, type UnderWay, underWay } from '../../session/under-way.ts'
import { withExportsLock } from '../../state/lock.ts'
import { noteShares } from './notes.ts'
import { readOnlyFor } from './rights.ts'

export interface ShareOptions {
  /** Undefined: as it was shared before, else as nfs.readonly says. */
  readOnly?: boolean | undefined
  /** Reload exports although a machine is between its loader and its kernel. */
  force?: boolean | undefined
}

/**
 * Shares boot environments, all or none, with one reload; resolves with their roots when mountd hands out their
 * handles. Undefined with -n.
 */
export async function share(
  rooms: Lab,
  texts: readonly string[],
  { readOnly, force }: ShareOptions = {},
): Promise<NfsRoot[] | undefined> {
  const names = namesOf(rooms, texts)
  const driver = await rooms.nfsDriver()
  const rights = readOnlyFor(driver, readOnly)
  const all = names.length > 1 ? await rooms.store.allFileSystems() : undefined
  const requests = await Promise.all(names.map(name => shareRequest(rooms, name, rights, all?.get(name))))
  await driver.check()
  const context = await contextOf(rooms, force)
  const roots = await alone(rooms, () => shareBes(context, requests, changeOf(rooms)))
  for (const root of roots ?? []) recordHandle(rooms, root)
  if (roots !== undefined) await noteShares(rooms, names)
  await rooms.sessionLog.flush()
  return roots
}

/** Takes shares back, all or none. Answers their names. */
export async function unshare(
  rooms: Lab,
  texts: readonly string[],
  { force }: ShareOptions = {},
): Promise<string[]> {
  const names = namesOf(rooms, texts)
  if (names.length === 0) return []
  const context = await contextOf(rooms, force)
  await alone(rooms, () => unshareBes(context, names, changeOf(rooms)))
  if (!rooms.dryRun) await noteShares(rooms, names)
  return names
}

/** What is to be exported of a boot environment: its root, and each file system below. Throws BE_EXPORT_NOT_MOUNTED. */
export async function shareRequest(
  rooms: Lab,
  name: string,
  readOnly?: boolean,
  known?: readonly BeFileSystem[],
): Promise<ShareRequest> {
  const { settings, subnet: lab, otherSubnets: others, shares, store } = rooms
  const fileSystems = known ?? (await store.fileSystems(name))
  const away = fileSystems.find(({ mounted }) => !mounted)
  if (away !== undefined) throw notMounted(name, away.path)
  const [{ path }, ...children] = fileSystems as [BeFileSystem, ...BeFileSystem[]]
  refuseInstalling(await inspect(name, path))
  const networks = settings['nfs.network']
  return {
    be: name,
    path,
    clients: networks.length > 0 ? networks : [lab, ...others].map(({ cidr }) => cidr),
    maproot: settings['nfs.maproot'],
    readOnly: readOnly ?? shares.get(name)?.readOnly ?? settings['nfs.readonly'],
    children: children.map(child => child.path),
  }
}

const namesOf = (rooms: Lab, texts: readonly string[]): string[] => [
  ...new Set(texts.map(text => parseBeName(text, rooms.settings['be.parent']))),
]

async function contextOf(rooms: Lab, force = false): Promise<ShareContext> {
  return {
    driver: await rooms.nfsDriver(),
    host: await rooms.nfsHost(),
    store: rooms.shares,
    network: rooms.network,
    clock: rooms.clock,
    server: rooms.nfsServer,
    localAddress: rooms.subnet.address,
    warn: rooms.say,
    ...(!force && { untilQuiet: () => untilQuiet(rooms) }),
  }
}

/** Two commands that share at the same moment stand in line: each writes all that is shared. */
const alone = <T>({ dryRun, stateDir, clock }: Lab, work: () => Promise<T>): Promise<T> =>
  dryRun ? work() : withExportsLock(stateDir, clock, work)

const changeOf = ({ dryRun, say }: Lab): ChangeOptions => ({
  dryRun,
  ...(dryRun && { say: line => say(`would ${line}`) }),
})

/** A command waits so long for loaders; they need 4 to 35 s. */
const PATIENCE_MS = 20_000
const LOOK_MS = 500

/** Waits while a loader could miss its next file by a reload. Throws BE_EXPORT_BOOT_RUNNING. */
async function untilQuiet({ stateDir, clock, say }: Lab): Promise<void> {
  const end = clock.monotonic() + PATIENCE_MS
  for (let told = false; ; told = true) {
    const loading = underWay(await latest(sessionsFile(stateDir)), clock.now())
    if (loading.length === 0) return
    if (clock.monotonic() >= end) throw bootRunning(loading)
    if (!told) say(`waiting for ${whoOf(loading)}: between loader and kernel (-f does not wait)`)
    await sleep(clock, LOOK_MS)
  }
}

const whoOf = (loading: UnderWay[]): string => loading.map(({ machine, mac }) => machine ?? mac).join(', ')

function bootRunning(loading: UnderWay[]): BeError {
  const left = Math.max(...loading.map(({ forMs }) => LOADING_MS - forMs))
  return new BeError('BE_EXPORT_BOOT_RUNNING', `${whoOf(loading)} could miss a file: its loader is at work`, {
    hint: `try again in ${Math.ceil(left / 1000)} s, or reload exports all the same with -f`,
    exit: 'tryAgain',
  })
}
