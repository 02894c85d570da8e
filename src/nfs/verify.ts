import { BeError } from '../errors/errors.ts'
import { type Clock, type Network, sleep } from '../net/net.ts'
import type { NfsDriver } from './driver.ts'
import { fetchRoots, type RootsQuery } from './fetch-root.ts'
import type { NfsRoot } from './root.ts'
import { pathsOf, type Share } from './share-list.ts'

/** One path of a share, which is to be mounted. */
export interface ExportedPath {
  share: Share
  path: string
}

/** Who is asked, and how. */
export interface VerifyContext extends Omit<RootsQuery, 'paths'> {
  driver: NfsDriver
  network: Network
  clock: Clock
}

/** While mountd reloads on its own time, an answer that is expected to change is asked for again. */
const POLL_MS = 100

/**
 * What MNT grants for each; of a server that reads the state itself and does not run yet, what it will. Throws
 * as grantedNow() does.
 */
export async function verifyGranted(
  context: VerifyContext,
  asked: readonly ExportedPath[],
): Promise<NfsRoot[]> {
  try {
    return await grantedNow(context, asked)
  } catch (error) {
    const { expectedRoot: rootToBe } = context.driver
    if (rootToBe === undefined || !isAbsent(error)) throw error
    const more = asked.length === 1 ? '' : ` (and ${asked.length - 1} more)`
    context.warn?.(`${asked[0]?.path}${more} is served as soon as be serve runs`)
    return Promise.all(
      asked.map(({ share, path }) => rootToBe(pathsOf(share).find(one => one.path === path)!)),
    )
  }
}

/**
 * Asks until a handle comes for each; a refusal that outlasts the reload is thrown, with what the server's log
 * says. Throws BE_NFS_NO_TCP where no kernel could mount what is granted, and the errors of fetchRoots.
 */
async function grantedNow(context: VerifyContext, asked: readonly ExportedPath[]): Promise<NfsRoot[]> {
  const { clock, driver } = context
  const end = clock.monotonic() + driver.settleMs
  const granted = new Map<ExportedPath, NfsRoot>()
  for (let left = asked; left.length > 0; ) {
    const answers = await fetch(context, left)
    for (const [i, answer] of answers.entries()) {
      if (!(answer instanceof BeError)) granted.set(left[i]!, answer)
      else if (!isRefusal(answer)) throw answer
      else if (clock.monotonic() >= end) throw explained(answer, await complaint(driver, left[i]!.share))
    }
    left = left.filter(one => !granted.has(one))
    if (left.length > 0) await sleep(clock, POLL_MS)
  }
  const roots = asked.map(one => granted.get(one)!)
  if (roots.some(({ tcp }) => !tcp)) throw noTcp(context.server)
  return roots
}

/** Done when none is granted. Throws BE_UNSHARE_STILL_EXPORTED and the errors of fetchRoots. */
export async function verifyRefused(context: VerifyContext, asked: readonly ExportedPath[]): Promise<void> {
  const { clock, driver } = context
  const end = clock.monotonic() + driver.settleMs
  for (let left = asked; left.length > 0; ) {
    const answers = await fetch(context, left).catch(error => {
      if (isAbsent(error)) return []
      throw error
    })
    const other = answers.find(answer => answer instanceof BeError && !isRefusal(answer))
    if (other !== undefined) throw other
    left = left.filter((_, i) => answers[i] !== undefined && !(answers[i] instanceof BeError))
    if (left.length > 0 && clock.monotonic() >= end) throw stillExported(left[0]!.path)
    if (left.length > 0) await sleep(clock, POLL_MS)
  }
}

function fetch(context: VerifyContext, asked: readonly ExportedPath[]): Promise<(NfsRoot | BeError)[]> {
  const { network, clock, server, localAddress = server, platform, warn } = context
  const paths = asked.map(({ path }) => path)
  return fetchRoots(network, { server, paths, clock, localAddress, platform, warn })
}

const isRefusal = ({ code }: BeError): boolean => code === 'BE_MNT_ACCES' || code === 'BE_MNT_NOENT'

/** No server, no export; a server that only keeps silent may still serve others. */
const isAbsent = (error: unknown): boolean =>
  error instanceof BeError && /_(DOWN|NOT_REGISTERED)$/.test(error.code)

/** Empty too where its log cannot be read: what MNT said counts. */
const complaint = async (driver: NfsDriver, share: Share): Promise<string> =>
  (await driver.refusalReason?.(share).catch(() => '')) ?? ''

function explained(error: BeError, why: string): BeError {
  if (why === '') return error
  const { code, message, expected, hint, exit } = error
  return new BeError(code as `BE_${string}`, `${message} (${why})`, { expected, hint, exit, cause: error })
}

const stillExported = (path: string): BeError =>
  new BeError('BE_UNSHARE_STILL_EXPORTED', `${path} can still be mounted`, {
    hint: 'another exports file (or a parent with -alldirs) exports it too',
  })

const noTcp = (server: string): BeError =>
  new BeError('BE_NFS_NO_TCP', `NFS version 3 does not answer at ${server}, TCP port 2049`, {
    expected: 'nfsd on TCP: kernels mount their root by it',
    hint: 'FreeBSD: sysrc nfs_server_flags="-u -t" && service nfsd restart; Linux: systemctl start nfs-server',
    exit: 'unavailable',
  })
