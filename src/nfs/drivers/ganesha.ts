import { access, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import { directoryStep, removeStep, type Step, writeStep } from '../../host/change.ts'
import { fileError, readIfThere } from '../../host/files.ts'
import type { Host } from '../../host/host.ts'
import { run } from '../../host/run.ts'
import type { NfsDriver } from '../driver.ts'
import { ganeshaExports } from '../exports-text.ts'
import { fragmentName, type Share } from '../share-list.ts'
import { ganeshaConf } from './ganesha-conf.ts'
import { GaneshaServer, type GaneshaServerOptions } from './ganesha-server.ts'
import { applySteps } from './steps.ts'

export interface GaneshaOptions extends GaneshaServerOptions {
  /** Directory of the fragments, exports.d. */
  exportsDir: string
  /** Of this host. */
  host: Pick<Host, 'platform'>
}

/** Start of a fragment's first line; files without it are not ours, and are kept. */
const MARK = '# Written by be(8) for '
const SUFFIX = '.ganesha.conf'

/** nfs-ganesha, started by us; it reads its exports again at SIGHUP. */
export function ganeshaDriver(options: GaneshaOptions): NfsDriver & { readonly server: GaneshaServer } {
  const { platform } = options.host
  const exportsDir = resolve(options.exportsDir)
  const server = new GaneshaServer(options)

  const fragment = (share: Share) => ({
    fileName: fragmentName(share) + SUFFIX,
    text: `${MARK}${share.be}\n${ganeshaExports(share)}`,
  })

  async function fileSteps(shares: Share[]): Promise<Step[]> {
    const fragments = shares.map(fragment)
    const paths = fragments.map(({ fileName }) => join(exportsDir, fileName))
    const written = fragments.map(({ text }, at) => writeStep(paths[at]!, text))
    const conf = writeStep(server.confFile, ganeshaConf(options.address, paths))
    const removed = (await ourFragments(exportsDir)).filter(path => !paths.includes(path))
    // Fragments are removed last: until then the old configuration includes them.
    const steps = await Promise.all([...written, conf, ...removed.map(path => removeStep(path))])
    return steps.filter(step => step !== undefined)
  }

  async function apply(shares: Share[]): Promise<Step[]> {
    const files = await fileSteps(shares)
    const pid = await server.pid()
    const made = await Promise.all([exportsDir, server.dir].map(path => directoryStep(path)))
    const directories = made.filter(step => step !== undefined)
    // Without shares there is no reason to start it.
    if (pid === undefined && shares.length === 0) return files.length === 0 ? [] : [...directories, ...files]
    if (pid === undefined) {
      const start = { what: 'start ganesha.nfsd', apply: () => server.start(), undo: () => server.stop() }
      return [...directories, ...files, start]
    }
    if (files.length === 0) return [{ what: 'check ganesha.nfsd', apply: () => server.start() }]
    const reload = { what: `reload ganesha.nfsd (SIGHUP to ${pid})`, apply: () => server.reload() }
    const reloadOnUndo = { what: 'reload ganesha.nfsd with what was', undo: () => server.reload() }
    return [...directories, reloadOnUndo, ...files, reload]
  }

  return {
    name: 'ganesha',
    managesExports: true,
    settleMs: 500,
    server,
    fragment,
    apply,
    async check() {
      if (process.getuid?.() !== 0) throw notRoot()
      await run(['ganesha.nfsd', '-v'], { timeoutMs: 10_000, platform })
      if (platform === 'linux') await access(MTAB).catch(noMtab)
    },
    async start(shares) {
      await applySteps(await apply(shares))
    },
    running: () => server.running(),
    stop: () => server.stop(),
    refusalReason: share => server.refusalReason(share.path),
  }
}

async function ourFragments(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(error => {
    if (errno(error) === 'ENOENT') return []
    throw fileError(error, 'read', dir)
  })
  const paths = names.filter(name => name.endsWith(SUFFIX)).map(name => join(dir, name))
  const texts = await Promise.all(paths.map(readIfThere))
  return paths.filter((_, at) => texts[at]?.startsWith(MARK))
}

/** ganesha's FSAL VFS finds a path's file system in it; missing in bare containers. */
const MTAB = '/etc/mtab'

const noMtab = (): never => {
  throw new BeError('BE_GANESHA_MTAB', `nfs-ganesha finds file systems in ${MTAB}, which cannot be read`, {
    hint: `ln -s ../proc/self/mounts ${MTAB}`,
  })
}

const notRoot = (): BeError =>
  new BeError('BE_GANESHA_PERMISSION', 'ganesha.nfsd opens files by handle, which only root may', {
    hint: 'run as root, or set nfs.driver to none and export by other means',
  })
