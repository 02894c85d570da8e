import { type ChangeOptions, change, fewOf, type Step } from '../host/change.ts'
import type { Host } from '../host/host.ts'
import type { Platform } from '../host/platform.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from './driver.ts'
import type { NfsRoot } from './root.ts'
import { notShared, type Share, type ShareRequest, withoutShares, withShares } from './share-list.ts'
import { resolveSharePaths } from './share-path.ts'
import { type ExportedPath, verifyGranted, verifyRefused } from './verify.ts'

/** What is shared, kept over restarts. */
export interface ShareStore {
  all(): Share[]
  /** Adds, or replaces those of the same BEs: all of them or none. */
  put(shares: readonly Share[]): void
  /** Not an error when there are none. */
  remove(bes: readonly string[]): void
}

/** What sharing needs to know of its surroundings. */
export interface ShareContext {
  driver: NfsDriver
  store: ShareStore
  network: Network
  clock: Clock
  /** The NFS host, whose paths are shared. */
  host: Host
  /** Address that clients mount from. */
  server: string
  /** The lab address, which asks for the handle; default: the server's. */
  localAddress?: string
  /** Of the NFS server, if known: hints name its commands. */
  platform?: Platform
  warn?: (line: string) => void
  /** Rejects, or waits, while a machine could miss a file by a reload. */
  untilQuiet?: () => Promise<void>
}

/**
 * Exports boot environments, all of them or none, with one reload; returns what MNT granted for each root, in
 * their order: only a handle proves that it is exported. On failure everything is as it was. With `dryRun`
 * nothing happens and undefined is returned.
 *
 * Throws BE_SHARE_PATH_…, BE_EXPORT_…, BE_NFS_NO_TCP, the driver's errors, and those of fetchRoots.
 */
export async function shareBes(
  context: ShareContext,
  requests: readonly ShareRequest[],
  options: ChangeOptions = {},
): Promise<NfsRoot[] | undefined> {
  const { driver, store, host } = context
  const wanted = driver.local
    ? await resolveSharePaths(host, requests, driver.mountPointsOnly ?? false)
    : requests
  const before = store.all()
  const after = withShares(before, wanted)
  const names = new Set(requests.map(({ be }) => be))
  const shares = after.filter(({ be }) => names.has(be))
  const asked = askedOf(context, shares)
  let roots: NfsRoot[] | undefined
  const changes = await driver.apply(after)
  const verify: Step = {
    what: `mount ${context.server}:${summary(asked)} to see that a handle comes`,
    apply: async () => {
      roots = await verifyGranted(context, asked).catch(error => {
        if (changes.length > 0 || driver.reexport === undefined) throw error
        return afresh(context, after, asked)
      })
    },
  }
  const remember = keep(store, before, shares)
  const last = driver.expectedRoot === undefined ? [verify, remember] : [remember, verify]
  await change([...quiet(context, changes), ...changes, ...last], options)
  return roots && requests.map(({ path }) => roots!.find(root => root.path === path)!)
}

/**
 * Takes the exports of boot environments away, all of them or none; done when MNT grants no handle any more. A
 * driver that exports nothing itself only forgets them. On failure everything is as it was. Throws
 * BE_NOT_SHARED, BE_UNSHARE_STILL_EXPORTED and the driver's errors.
 */
export async function unshareBes(
  context: ShareContext,
  bes: readonly string[],
  options: ChangeOptions = {},
): Promise<void> {
  const { driver, store } = context
  const before = store.all()
  const shares = bes.map(be => {
    const share = before.find(known => known.be === be)
    if (share === undefined) throw notShared(be, 'be list shows what is')
    return share
  })
  const asked = askedOf(context, shares)
  const verify: Step = {
    what: `see that ${context.server}:${summary(asked)} cannot be mounted any more`,
    apply: () => verifyRefused(context, asked),
  }
  const forget: Step = {
    what: `forget the share of ${fewOf(bes)}`,
    apply: async () => store.remove(bes),
    undo: async () => store.put(shares),
  }
  const changes = await driver.apply(withoutShares(before, bes))
  const verifies = driver.local ? [verify] : []
  const last = driver.expectedRoot === undefined ? [...verifies, forget] : [forget, ...verifies]
  await change([...quiet(context, changes), ...changes, ...last], options)
}

/** What is written is not in force: a file system that was mounted again has lost its export, say. */
async function afresh(context: ShareContext, shares: Share[], asked: ExportedPath[]): Promise<NfsRoot[]> {
  await context.untilQuiet?.()
  await context.driver.reexport?.(shares)
  return verifyGranted(context, asked)
}

/** Every path of the shares; children too, unless the one that exports is not us, who may not know of them. */
const askedOf = ({ driver }: ShareContext, shares: readonly Share[]): ExportedPath[] =>
  shares.flatMap(share => {
    const children = driver.local ? (share.children ?? []) : []
    return [share.path, ...children.map(({ path }) => path)].map(path => ({ share, path }))
  })

/** Nothing is reloaded, nobody is waited for. */
const quiet = ({ untilQuiet }: ShareContext, changes: Step[]): Step[] =>
  untilQuiet === undefined || changes.length === 0
    ? []
    : [{ what: 'wait for machines that are between loader and kernel', apply: untilQuiet }]

/** The last step, unless the server reads the state itself: then it can be asked only after this. */
function keep(store: ShareStore, before: Share[], shares: Share[]): Step {
  const bes = shares.map(({ be }) => be)
  const old = before.filter(({ be }) => bes.includes(be))
  return {
    what: `remember the share of ${fewOf(bes)}`,
    apply: async () => store.put(shares),
    undo: async () => {
      store.remove(bes)
      store.put(old)
    },
  }
}

const summary = (asked: readonly ExportedPath[]): string => fewOf(asked.map(({ path }) => path))
