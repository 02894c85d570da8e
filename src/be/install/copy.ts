import { spawn } from 'node:child_process'
import { realpath, stat } from 'node:fs/promises'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import type { Job, Target } from './job.ts'
import { checkLinks, EXTRACT, failed, unpack, whichTar } from './tar.ts'

/** Installs what an archive or a directory of this host holds. Throws BE_INSTALL_FROM. */
export async function copyJob(from: string): Promise<Job> {
  const path = await realpath(from).catch(() => undefined)
  const found = path && (await stat(path))
  if (path === undefined || !found || !(found.isDirectory() || found.isFile())) {
    throw new BeError('BE_INSTALL_FROM', `${from} is nothing to install from`, {
      expected: 'a directory, or an archive that tar(1) reads',
      exit: 'data',
    })
  }
  const put: Put = found.isDirectory() ? copyTree : unpackOne
  const verb = found.isDirectory() ? 'copy' : 'unpack'
  const same = `${path} ${found.size} ${found.mtimeMs}`
  return {
    what: `${verb} ${found.isDirectory() ? path : same}`,
    layout: 'flat',
    resumable: true,
    parts: [{ name: path, what: `${verb} ${path}`, put: (target, first) => put(path, target, first) }],
  }
}

type Put = (path: string, target: Target, first: boolean) => Promise<void>

const unpackOne: Put = async (file, { root, platform, progress }, first) => {
  const unpacking = { file, what: file, into: root, tar: await whichTar(platform), platform, progress }
  if (!first) await checkLinks(unpacking)
  await unpack(unpacking)
}

/**
 * Through tar, which keeps hard links, owners and times; other file systems below (/proc, /dev) stay behind.
 * Throws BE_INSTALL_FROM, and what tar says.
 */
export async function copyTree(dir: string, { root, platform, progress }: Target): Promise<void> {
  if (root === dir || root.startsWith(`${dir === '/' ? '' : dir}/`)) {
    throw new BeError('BE_INSTALL_FROM', `${root} lies in ${dir}: it would be copied into itself`, {
      expected: 'a directory elsewhere',
      exit: 'data',
    })
  }
  const tar = await whichTar(platform)
  const keep = tar === 'gnu' ? ['--numeric-owner', '--xattrs'] : ['--numeric-owner']
  const source = spawn('tar', ['-c', ...keep, '--one-file-system', '-f', '-', '-C', dir, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  source.stderr.on('data', (data: Buffer) => {
    said = (said + data).slice(-64 * 1024)
  })
  let done = 0
  source.stdout.on('data', (data: Buffer) => {
    done += data.length
    progress(`copying ${dir}`, done, undefined)
  })
  const ended = new Promise<number | null>(resolve => {
    source.once('close', resolve)
    source.once('error', () => resolve(null)) // then there is no archive, as the other will say
  })
  try {
    const { status, stderr } = await feed(['tar', ...EXTRACT[tar], '-C', root], source.stdout, { platform })
    if (status !== 0) throw failed({ what: dir, into: root, platform }, stderr, status)
  } catch (error) {
    source.kill('SIGKILL')
    throw error
  }
  // 1 of GNU tar: a file changed while it was read; a socket, which no archive holds, is only told of.
  const status = await ended
  if (status !== 0 && status !== null) throw failed({ what: dir, into: root, platform }, said, status)
}
