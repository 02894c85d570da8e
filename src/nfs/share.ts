import { lstat, realpath } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { BeError, errno } from '../errors.ts'
import { type ChangeOptions, change, type Step } from '../host/change.ts'
import type { Platform } from '../host/platform.ts'
import { type Clock, type Network, sleep } from '../net/net.ts'
import type { NfsDriver } from './driver.ts'
import type { NfsRoot } from './facts.ts'
import { fetchRoot } from './handle.ts'
import { notShared, type Share, shareId, withoutShare, withShare } from './model.ts'

/** What is shared, kept over restarts. */
export interface ShareStore {
  all(): Share[]
  /** Adds, or replaces the share of the same BE. */
  put(share: Share): void
  /** Not an error when there is none. */
  remove(be: string): void
}

/** What sharing needs to know of its surroundings. */
export interface ShareContext {
  driver: NfsDriver
  store: ShareStore
  network: Network
  clock: Clock
  /** Address that clients mount from. */
  server: string
  /** The lab address, which asks for the handle; default: the server's. */
  localAddress?: string
  /** Of the NFS server, if known: hints name its commands. */
  platform?: Platform
  warn?: (line: string) => void
}

/** A share without what is found out here. */
export type ShareRequest = Omit<Share, 'id'>

/** While mountd reloads on its own time, an answer that is expected to change is asked for again. */
const POLL_MS = 100

/**
 * Exports a boot environment, and returns what MNT granted: only a handle proves that it is exported. On
 * failure everything is as it was. With `dryRun` nothing happens and undefined is returned.
 *
 * Throws BE_SHARE_PATH_…, BE_EXPORT_…, the driver's errors, and those of fetchRoot.
 */
export async function shareBe(
  context: ShareContext,
  request: ShareRequest,
  options: ChangeOptions = {},
): Promise<NfsRoot | undefined> {
  const { driver, store } = context
  if (driver.local) await checkSharePath(request.path)
  const before = store.all()
  const after = withShare(before, { ...request, id: shareId(request.be, before) })
  const share = after.find(({ be }) => be === request.be)!
  let root: NfsRoot | undefined
  const verify: Step = {
    what: `mount ${context.server}:${share.path} to see that a handle comes`,
    apply: async () => {
      root = await verified(context, share)
    },
  }
  const remember = keep(store, before, share)
  const last = driver.rootToBe === undefined ? [verify, remember] : [remember, verify]
  await change([...(await driver.apply(after)), ...last], options)
  return root
}

/**
 * Takes the export of a boot environment away; done when MNT grants no handle any more. A driver that
 * exports nothing itself only forgets it. On failure everything is as it was. Throws BE_NOT_SHARED,
 * BE_UNSHARE_STILL_EXPORTED and the driver's errors.
 */
export async function unshareBe(
  context: ShareContext,
  be: string,
  options: ChangeOptions = {},
): Promise<void> {
  const { driver, store } = context
  const before = store.all()
  const share = before.find(known => known.be === be)
  if (share === undefined) throw notShared(be, 'be list shows what is')
  const verify: Step = {
    what: `see that ${context.server}:${share.path} cannot be mounted any more`,
    apply: () => refusedSettled(context, share.path),
  }
  const forget: Step = {
    what: `forget the share of ${be}`,
    apply: async () => store.remove(be),
    undo: async () => store.put(share),
  }
  const steps = await driver.apply(withoutShare(before, be))
  const verifies = driver.local ? [verify] : []
  const last = driver.rootToBe === undefined ? [...verifies, forget] : [forget, ...verifies]
  await change([...steps, ...last], options)
}

/** What MNT grants; of a server that reads the state itself and does not run yet, what it will. */
async function verified(context: ShareContext, share: Share): Promise<NfsRoot> {
  try {
    return await fetchSettled(context, share)
  } catch (error) {
    const { rootToBe } = context.driver
    if (rootToBe === undefined || !isAbsent(error)) throw error
    context.warn?.(`${share.path} is served as soon as be serve runs`)
    return rootToBe(share)
  }
}

/** A server that reads the state itself can be asked only after this. */
function keep(store: ShareStore, before: Share[], share: Share): Step {
  const old = before.find(({ be }) => be === share.be)
  return {
    what: `remember the share of ${share.be}`,
    apply: async () => store.put(share),
    undo: async () => (old === undefined ? store.remove(share.be) : store.put(old)),
  }
}

/** exports(5) takes directories by their real path only. Throws BE_SHARE_PATH_…. */
export async function checkSharePath(path: string): Promise<void> {
  const bad = (what: string, problem: string, expected: string): BeError =>
    new BeError(`BE_SHARE_PATH_${what}`, `${path} ${problem}`, { expected, exit: 'data' })
  if (!isAbsolute(path)) throw bad('RELATIVE', 'is not absolute', 'a path that begins with /')
  const stats = await lstat(path).catch(error => {
    if (errno(error) === 'ENOENT') throw bad('MISSING', 'does not exist', 'a mounted boot environment')
    throw bad('UNREADABLE', `cannot be looked at: ${errno(error)}`, 'a mounted boot environment')
  })
  const real = await realpath(path)
  if (stats.isSymbolicLink() || real !== path) {
    throw bad('LINK', 'goes over a link (or . or ..), which exports cannot hold', real)
  }
  if (!stats.isDirectory()) throw bad('NOT_DIRECTORY', 'is no directory', 'the root of a boot environment')
}

function fetch(context: ShareContext, path: string): Promise<NfsRoot> {
  const { network, clock, server, localAddress = server, platform, warn } = context
  return fetchRoot(network, { server, path, clock, localAddress, platform, warn })
}

const isRefusal = (error: unknown): error is BeError =>
  error instanceof BeError && (error.code === 'BE_MNT_ACCES' || error.code === 'BE_MNT_NOENT')

/** No server, no export; a server that only keeps silent may still serve others. */
const isAbsent = (error: unknown): boolean =>
  error instanceof BeError && /_(DOWN|NOT_REGISTERED)$/.test(error.code)

/** Asks until a handle comes; a refusal that outlasts the reload is thrown, with what the server's log says. */
async function fetchSettled(context: ShareContext, share: Share): Promise<NfsRoot> {
  const { clock, driver } = context
  const end = clock.monotonic() + driver.settleMs
  for (;;) {
    try {
      return await fetch(context, share.path)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (clock.monotonic() >= end) throw explained(error, (await driver.complaint?.(share)) ?? '')
    }
    await sleep(clock, POLL_MS)
  }
}

function explained(error: BeError, why: string): BeError {
  if (why === '') return error
  const { code, message, expected, hint, exit } = error
  return new BeError(code as `BE_${string}`, `${message} (${why})`, { expected, hint, exit, cause: error })
}

async function refusedSettled(context: ShareContext, path: string): Promise<void> {
  const { clock, driver } = context
  const end = clock.monotonic() + driver.settleMs
  for (;;) {
    try {
      await fetch(context, path)
    } catch (error) {
      if (isRefusal(error) || isAbsent(error)) return
      throw error
    }
    if (clock.monotonic() >= end) {
      throw new BeError('BE_UNSHARE_STILL_EXPORTED', `${path} can still be mounted`, {
        hint: 'another exports file (or a parent with -alldirs) exports it too',
      })
    }
    await sleep(clock, POLL_MS)
  }
}
