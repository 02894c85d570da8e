import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../src/host/run.ts'
import { type Bench, contest, medians, type Results } from './contest.ts'
import { type Fetch, type Fetched, fetchAll } from './load/atftp.ts'
import { median, type Row } from './row.ts'
import type { Contender } from './server.ts'
import { dnsmasq } from './servers/dnsmasq.ts'
import { nbe } from './servers/nbe.ts'
import { atftpd, tftpdHpa } from './servers/tftpd.ts'
import { IN_CLIENTS } from './testbed.ts'

export const NEEDED = [
  { program: 'atftp', package: 'atftp' },
  { program: 'atftpd', package: 'atftpd' },
  { program: 'in.tftpd', package: 'tftpd-hpa' },
  { program: 'dnsmasq', package: 'dnsmasq-base' },
]

const MB = 1 << 20

/** iPXE's blksize. */
const SMALL: Fetch = { file: '1m', size: MB, clients: 50, times: 4, blockSize: 1432, window: 1 }
const LARGE: Fetch = { file: '64m', size: 64 * MB, clients: 8, times: 1, blockSize: 1432, window: 16 }

export async function tftp(bench: Bench): Promise<Row[]> {
  const files = join(bench.dir, 'files')
  mkdirSync(files)
  writeFileSync(join(files, '1m'), randomBytes(MB))
  writeFileSync(join(files, '64m'), randomBytes(64 * MB))
  const all = [nbe, tftpdHpa, atftpd, dnsmasq]
  const windowed = [nbe, atftpd]
  return [
    ...rows('tftp-1m-w1', '1 MB × 50 clients, window 1', await fetches(bench, files, all, SMALL)),
    ...rows(
      'tftp-1m-w16',
      '1 MB × 50 clients, window 16',
      await fetches(bench, files, windowed, { ...SMALL, window: 16 }),
    ),
    ...rows('tftp-64m-w16', '64 MB × 8 clients, window 16', await fetches(bench, files, windowed, LARGE)),
    lossRow(await overLossyLine(bench, files, [nbe, tftpdHpa, atftpd])),
  ]
}

/** Everything is fetched twice; the first time, in which files and code are read into memory, is not counted. */
const fetches = (bench: Bench, files: string, contenders: readonly Contender[], fetch: Fetch) =>
  contest(bench, {
    files,
    contenders,
    measure: async server => {
      const load = bench.quick ? { ...fetch, times: 1 } : fetch
      await fetchAll(bench.programs, server, load)
      return fetchAll(bench.programs, server, load)
    },
  })

const LOSSY = fileURLToPath(new URL('load/lossy.ts', import.meta.url))

/** Seconds for one file with 2 % packet loss each way; the median of several seeds. */
const overLossyLine = (bench: Bench, files: string, contenders: readonly Contender[]) =>
  contest(
    { ...bench, rounds: 1 },
    {
      files,
      contenders,
      measure: async () => {
        const seconds = bench.quick ? [1] : [1, 2, 3]
        for (const [at, seed] of seconds.entries()) {
          const argv = [...IN_CLIENTS, process.execPath, LOSSY, '1m', '0.02', String(seed)]
          seconds[at] = Number((await run(argv, { timeoutMs: 300_000 })).stdout)
        }
        return median(seconds)
      },
    },
  )

function lossRow(results: Results<number>): Row {
  const seconds = medians(results, value => value)
  return {
    id: 'tftp-loss',
    what: 'TFTP 1 MB at 2 % loss each way, window 1',
    unit: 's',
    ...seconds,
    goal: '≤ 1/3 × atftpd',
    met: seconds.ours <= seconds.peers.atftpd! / 3,
  }
}

/** The goals. dnsmasq is only shown: it does not support windowsize (RFC 7440). */
const RIVALS = ['tftpd-hpa', 'atftpd']

function rows(id: string, what: string, results: Results<Fetched>): Row[] {
  const rivals = RIVALS.filter(name => results.has(name))
  const goal = rivals.join(' and ')
  const rate = medians(results, ({ rate }) => rate)
  const cpu = medians(results, ({ cpuPerGb }) => cpuPerGb)
  return [
    {
      id,
      what: `TFTP ${what}`,
      unit: 'MB/s',
      ...rate,
      goal: `≥ ${goal}`,
      met: rivals.every(name => rate.ours >= rate.peers[name]!),
    },
    {
      id: `${id}-cpu`,
      what: `TFTP ${what}`,
      unit: 'CPU s/GB',
      ...cpu,
      goal: `≤ ${goal}`,
      met: rivals.every(name => cpu.ours <= cpu.peers[name]!),
    },
  ]
}
