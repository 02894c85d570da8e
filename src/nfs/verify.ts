import { BeError } from '../errors/errors.ts'
import type { Clock, Network } from '../net/net.ts'
import { poll } from '../net/poll.ts'
import type { NfsDriver } from './driver.ts'
import { fetchRoots, type RootsQuery } from './fetch-root.ts'
import type { NfsRoot } from './root.ts'
import { pathsOf, type Share } from './share-list.ts'

/** One path of a share: its root, or a child. */
export interface ExportedPath {
  share: Share
  path: string
}

export interface VerifyContext extends Omit<RootsQuery, 'paths'> {
  driver: NfsDriver
  network: Network
  clock: Clock
}

/** Delay (ms) between MNT calls while a reload may not be in force yet. */
const POLL_MS = 100

/**
 * What MNT grants for each path; where the server reads the shares from the state and does not run yet, what it
 * will grant. Throws as fetchGranted() does.
 */
export async function verifyGranted(
  context: VerifyContext,
  exported: readonly ExportedPath[],
): Promise<NfsRoot[]> {
  try {
    return await fetchGranted(context, exported)
  } catch (error) {
    const { expectedRoot } = context.driver
    if (expectedRoot === undefined || !isServerDown(error)) throw error
    const more = exported.length === 1 ? '' : ` (and ${exported.length - 1} more)`
    context.warn?.(`${exported[0]?.path}${more} is served as soon as be serve runs`)
    return Promise.all(
      exported.map(({ share, path }) => expectedRoot(pathsOf(share).find(one => one.path === path)!)),
    )
  }
}

/**
 * Calls MNT until it grants every path. A refusal that lasts longer than driver.settleMs is thrown, with what the
 * server's log says. Throws BE_NFS_NO_TCP where no kernel could mount the paths, and the errors of fetchRoots.
 */
async function fetchGranted(context: VerifyContext, exported: readonly ExportedPath[]): Promise<NfsRoot[]> {
  const { clock, driver } = context
  const granted = new Map<ExportedPath, NfsRoot>()
  const refused = new Map<ExportedPath, BeError>()
  const areGranted = async (): Promise<boolean> => {
    const left = exported.filter(one => !granted.has(one))
    refused.clear()
    for (const [i, answer] of (await fetch(context, left)).entries()) {
      if (!(answer instanceof BeError)) granted.set(left[i]!, answer)
      else if (isRefusal(answer)) refused.set(left[i]!, answer)
      else throw answer
    }
    return refused.size === 0
  }
  if (!(await poll(clock, { everyMs: POLL_MS, limitMs: driver.settleMs }, areGranted))) {
    const [[{ share }, error]] = [...refused] as [[ExportedPath, BeError]]
    throw withReason(error, await refusalReason(driver, share))
  }
  const roots = exported.map(one => granted.get(one)!)
  if (roots.some(({ tcp }) => !tcp)) throw noTcp(context.server)
  return roots
}

/**
 * Resolves when MNT refuses every path, or no server runs. Throws BE_UNSHARE_STILL_EXPORTED and the errors of
 * fetchRoots.
 */
export async function verifyRefused(
  context: VerifyContext,
  exported: readonly ExportedPath[],
): Promise<void> {
  const { clock, driver } = context
  let left = exported
  const areRefused = async (): Promise<boolean> => {
    const answers = await fetch(context, left).catch(error => {
      if (isServerDown(error)) return []
      throw error
    })
    const other = answers.find(answer => answer instanceof BeError && !isRefusal(answer))
    if (other !== undefined) throw other
    left = left.filter((_, i) => answers[i] !== undefined && !(answers[i] instanceof BeError))
    return left.length === 0
  }
  if (await poll(clock, { everyMs: POLL_MS, limitMs: driver.settleMs }, areRefused)) return
  throw stillExported(left[0]!.path)
}

function fetch(context: VerifyContext, exported: readonly ExportedPath[]): Promise<(NfsRoot | BeError)[]> {
  const { network, clock, server, localAddress = server, platform, warn } = context
  const paths = exported.map(({ path }) => path)
  return fetchRoots(network, { server, paths, clock, localAddress, platform, warn })
}

const isRefusal = ({ code }: BeError): boolean => code === 'BE_MNT_ACCES' || code === 'BE_MNT_NOENT'

/** Nothing listens or is registered, so nothing is exported. A time-out does not count: the server may be slow. */
const isServerDown = (error: unknown): boolean =>
  error instanceof BeError && /_(DOWN|NOT_REGISTERED)$/.test(error.code)

/** '' also when the log cannot be read: the status of MNT is the error then. */
const refusalReason = async (driver: NfsDriver, share: Share): Promise<string> =>
  (await driver.refusalReason?.(share).catch(() => '')) ?? ''

function withReason(error: BeError, why: string): BeError {
  if (why === '') return error
  const { code, message, expected, hint, exit } = error
  return new BeError(code, `${message} (${why})`, { expected, hint, exit, cause: error })
}

const stillExported = (path: string): BeError =>
  new BeError('BE_UNSHARE_STILL_EXPORTED', `${path} can still be mounted`, {
    hint: 'another exports file (or a parent with -alldirs) exports it too',
  })

/** The error for a server that no kernel could mount its root from. */
export const noTcp = (server: string): BeError =>
  new BeError('BE_NFS_NO_TCP', `NFS version 3 does not answer at ${server}, TCP port 2049`, {
    expected: 'nfsd on TCP: kernels mount their root by it',
    hint: 'FreeBSD: sysrc nfs_server_flags="-u -t" && service nfsd restart; Linux: systemctl start nfs-server',
  })
