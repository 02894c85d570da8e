import { type ChangeOptions, change, type Step, summarizeList } from '../host/change.ts'
import type { Host } from '../host/host.ts'
import type { Platform } from '../host/platform.ts'
import type { Clock, Network } from '../net/net.ts'
import type { NfsDriver } from './driver.ts'
import type { NfsRoot } from './root.ts'
import { notShared, type Share, type ShareRequest, withoutShares, withShares } from './share-list.ts'
import { resolveSharePaths } from './share-path.ts'
import { type ExportedPath, verifyGranted, verifyRefused } from './verify.ts'

/** Where the shares are kept over restarts. */
export interface ShareStore {
  all(): Share[]
  /** Adds these, in the place of former shares of the same BEs: all of them or none. */
  put(shares: readonly Share[]): void
  /** BEs without a share are ignored. */
  remove(bes: readonly string[]): void
}

export interface ShareContext {
  driver: NfsDriver
  store: ShareStore
  network: Network
  clock: Clock
  /** The NFS host, whose paths are shared. */
  host: Host
  /** Address that clients mount from. */
  server: string
  /** The lab address, from which handles are fetched; default: the server's. */
  localAddress?: string
  /** Of the NFS server, if known: hints name its commands. */
  platform?: Platform
  warn?: (line: string) => void
  /** Waits, or rejects, while a machine is between loader and kernel and could miss a file during a reload. */
  untilQuiet?: () => Promise<void>
}

/**
 * Exports boot environments, all of them or none, with one reload. Returns what MNT granted for each root, in the
 * order of the requests: only a handle proves that a path is exported. On failure all is undone. With `dryRun`
 * nothing is done, and undefined is returned.
 *
 * Throws BE_SHARE_PATH_…, BE_EXPORT_…, BE_NFS_NO_TCP, the driver's errors, and those of fetchRoots.
 */
export async function shareBes(
  context: ShareContext,
  requests: readonly ShareRequest[],
  options: ChangeOptions = {},
): Promise<NfsRoot[] | undefined> {
  const { driver, store, host } = context
  const resolved = driver.managesExports
    ? await resolveSharePaths(host, requests, driver.mountPointsOnly ?? false)
    : requests
  const before = store.all()
  const after = withShares(before, resolved)
  const names = new Set(requests.map(({ be }) => be))
  const shares = after.filter(({ be }) => names.has(be))
  const exported = exportedPaths(driver, shares)
  let roots: NfsRoot[] | undefined
  const changes = await driver.apply(after)
  const verify: Step = {
    what: `mount ${context.server}:${pathsText(exported)} to see that a handle comes`,
    apply: async () => {
      roots = await verifyGranted(context, exported).catch(error => {
        if (changes.length > 0 || driver.reexport === undefined) throw error
        return reexport(context, after, exported)
      })
      if (changes.length > 0) await quoteComplaints(context)
    },
  }
  const remember = storeStep(store, before, shares)
  await change([...quietSteps(context, changes), ...changes, ...inOrder(driver, [verify], remember)], options)
  return roots && requests.map(({ path }) => roots!.find(root => root.path === path)!)
}

/**
 * Ends the exports of boot environments, all of them or none, and verifies that MNT grants no handle any more. A
 * driver that does not export itself only removes the shares from the store. On failure all is undone. Throws
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
  const exported = exportedPaths(driver, shares)
  const verify: Step = {
    what: `see that ${context.server}:${pathsText(exported)} cannot be mounted any more`,
    apply: () => verifyRefused(context, exported),
  }
  const remove: Step = {
    what: `forget the share of ${summarizeList(bes)}`,
    apply: async () => store.remove(bes),
    undo: async () => store.put(shares),
  }
  const changes = await driver.apply(withoutShares(before, bes))
  const last = inOrder(driver, driver.managesExports ? [verify] : [], remove)
  await change([...quietSteps(context, changes), ...changes, ...last], options)
}

/** Verifies before the store is changed; after it for a server that reads the shares from the store. */
const inOrder = (driver: NfsDriver, verify: Step[], store: Step): Step[] =>
  driver.expectedRoot === undefined ? [...verify, store] : [store, ...verify]

/**
 * Ours are granted: what the server complained of are lines of other files. Of two lines for one file system and network
 * mountd takes the first and drops the other, which may be the admin's.
 */
async function quoteComplaints({ driver, warn }: ShareContext): Promise<void> {
  const words = (await driver.complaints?.().catch(() => '')) ?? ''
  if (words !== '') warn?.(`the NFS server dropped lines of other exports files: ${words}`)
}

/** The exports files were right and MNT refused: a file system that was mounted anew has lost its export. */
async function reexport(
  context: ShareContext,
  shares: Share[],
  exported: ExportedPath[],
): Promise<NfsRoot[]> {
  await context.untilQuiet?.()
  await context.driver.reexport?.(shares)
  return verifyGranted(context, exported)
}

/** Roots and children of the shares; roots alone where another party exports, which may not export children. */
const exportedPaths = (driver: NfsDriver, shares: readonly Share[]): ExportedPath[] =>
  shares.flatMap(share => {
    const children = driver.managesExports ? (share.children ?? []) : []
    return [share.path, ...children.map(({ path }) => path)].map(path => ({ share, path }))
  })

/** No change, no reload: nothing to wait for. */
const quietSteps = ({ untilQuiet }: ShareContext, changes: Step[]): Step[] =>
  untilQuiet === undefined || changes.length === 0
    ? []
    : [{ what: 'wait for machines that are between loader and kernel', apply: untilQuiet }]

function storeStep(store: ShareStore, before: Share[], shares: Share[]): Step {
  const bes = shares.map(({ be }) => be)
  const old = before.filter(({ be }) => bes.includes(be))
  return {
    what: `remember the share of ${summarizeList(bes)}`,
    apply: async () => store.put(shares),
    undo: async () => {
      store.remove(bes)
      store.put(old)
    },
  }
}

const pathsText = (exported: readonly ExportedPath[]): string =>
  summarizeList(exported.map(({ path }) => path))
