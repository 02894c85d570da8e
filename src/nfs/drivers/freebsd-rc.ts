import { isYes } from '../../host/checkyesno.ts'
import type { Host } from '../../host/host.ts'

/** The variables of rc.conf(5) that concern NFS, defaults included, by name. */
export type RcSettings = ReadonlyMap<string, string>

const NAMES = [
  'nfs_server_enable',
  'nfs_server_flags',
  'nfsv4_server_only',
  'mountd_enable',
  'mountd_flags',
  'rpcbind_enable',
  'zfs_enable',
]

const TIMEOUT_MS = 20_000

/** sysrc(8) prints `name: value`; with -i, nothing for a variable that is not set. */
export async function readRc({ run }: Pick<Host, 'run'>): Promise<RcSettings> {
  const { stdout } = await run(['sysrc', '-i', ...NAMES], { timeoutMs: TIMEOUT_MS })
  return new Map(
    stdout.split('\n').flatMap(line => {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value!.trim()] as const]
    }),
  )
}

/** Whether flags in the manner of getopt(3), `-u -t` or `-ut`, contain an option. */
export const hasFlag = (flags: string, letter: string): boolean =>
  flags.split(/\s+/).some(word => /^-[A-Za-z]/.test(word) && word.includes(letter))

/** mountd(8): options that take an argument. */
const WITH_ARGUMENT = /^-\w*[hp]$/

/**
 * mountd_flags with our exports file added, everything else unchanged. With zfs_enable, rc.d/mountd appends
 * /etc/exports and /etc/zfs/exports itself. Otherwise mountd reads /etc/exports only while flags name no file, so it
 * is added before ours.
 */
export function mountdFlags(flags: string, zfs: boolean, file: string): string {
  const options: string[] = []
  const files: string[] = []
  const words = flags.split(/\s+/).filter(word => word !== '')
  for (const [i, word] of words.entries()) {
    const isOption = word.startsWith('-') || WITH_ARGUMENT.test(words[i - 1] ?? '')
    ;(isOption ? options : files).push(word)
  }
  const theirs = files.filter(name => name !== file)
  const standard = zfs ? [] : ['/etc/exports']
  const ours = files.includes(file) && theirs.every(name => name === '/etc/exports')
  const others = files.length === 0 || ours ? standard : theirs
  return [...options, ...others, file].join(' ')
}

/** A setting that does not do, and the assignment for sysrc(8) that corrects it. */
export interface RcProblem {
  what: string
  fix: string
}

/** The settings with which machines could not boot: no nfsd, no TCP for kernels, no MOUNT protocol. */
export function rcProblems(rc: RcSettings): RcProblem[] {
  const problems: RcProblem[] = []
  const flags = rc.get('nfs_server_flags') ?? ''
  if (!isYes(rc.get('nfs_server_enable'))) {
    problems.push({ what: 'nfs_server_enable is not YES', fix: 'nfs_server_enable=YES' })
  }
  if (!isYes(rc.get('rpcbind_enable'))) {
    problems.push({ what: 'rpcbind_enable is not YES', fix: 'rpcbind_enable=YES' })
  }
  if (!isYes(rc.get('mountd_enable'))) {
    problems.push({ what: 'mountd_enable is not YES', fix: 'mountd_enable=YES' })
  }
  if (isYes(rc.get('nfsv4_server_only'))) {
    problems.push({ what: 'nfsv4_server_only leaves no MOUNT protocol', fix: 'nfsv4_server_only=NO' })
  }
  if (hasFlag(rc.get('mountd_flags') ?? '', 'R')) {
    const without = rc.get('mountd_flags')!.replace(/(^|\s)-R(?=\s|$)/, '')
    problems.push({ what: 'mountd runs with -R, NFSv4 only', fix: `mountd_flags="${without.trim()}"` })
  }
  if (!hasFlag(flags, 't')) {
    problems.push({
      what: 'nfsd does not serve TCP, which kernels need',
      fix: 'nfs_server_flags="-u -t"',
    })
  }
  return problems
}
