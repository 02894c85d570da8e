import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import type { Job, Part, Target } from './job.ts'
import { extractor, unpack, unpackError } from './tar.ts'

/** Installs a directory or an archive of this host. Throws BE_INSTALL_FROM. */
export async function copyJob(from: string): Promise<Job> {
  const path = await realpath(resolve(from)).catch(() => undefined)
  const found = path && (await stat(path))
  if (path === undefined || !found || !(found.isDirectory() || found.isFile())) {
    throw new BeError('BE_INSTALL_FROM', `${from} is nothing to install from`, {
      expected: 'a directory, or an archive that tar(1) reads',
    })
  }
  if (found.isDirectory()) return job(path, `copy ${path}`, `copy ${path}`, target => copyTree(path, target))
  return job(path, `unpack ${path} ${found.size} ${found.mtimeMs}`, `unpack ${path}`, target =>
    unpack(path, path, target),
  )
}

const job = (path: string, identity: string, what: string, put: Part['put']): Job => ({
  what: identity,
  layout: 'flat',
  resumable: true,
  parts: [{ name: path, what, put }],
})

/**
 * Copies a directory by tar, which keeps hard links, owners and times; other file systems in it (/proc, /dev) are left
 * out. Throws BE_INSTALL_FROM, and what unpack() throws.
 */
export async function copyTree(dir: string, target: Target): Promise<void> {
  const { root } = target
  if (root === dir || root.startsWith(`${dir === '/' ? '' : dir}/`)) {
    throw new BeError('BE_INSTALL_FROM', `${root} lies in ${dir}: it would be copied into itself`, {
      expected: 'a directory elsewhere',
    })
  }
  const { tar, extract } = await extractor(dir, target)
  const keep = tar === 'gnu' ? ['--numeric-owner', '--xattrs'] : ['--numeric-owner']
  const { spawn } = await import('node:child_process')
  const source = spawn('tar', ['-c', ...keep, '--one-file-system', '-f', '-', '-C', dir, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  source.stderr.on('data', (data: Buffer) => {
    said = (said + data).slice(-64 * 1024)
  })
  const ended = new Promise<number | null>(resolve => {
    source.once('close', resolve)
    source.once('error', () => resolve(null))
  })
  try {
    await extract(source.stdout, { doing: `copying ${dir}` })
  } catch (error) {
    source.kill('SIGKILL')
    throw error
  }
  // GNU tar ends with 1 when a file changed while it was read; sockets, which it cannot archive, are only warnings.
  const status = await ended
  if (status !== 0 && status !== null) throw unpackError(dir, target, said, status)
}
