import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../src/host/run.ts'
import { type Bench, contest, medians } from './contest.ts'
import type { Row } from './row.ts'
import type { Server } from './server.ts'
import { nbe } from './servers/nbe.ts'
import { nginx } from './servers/nginx.ts'
import { IN_CLIENTS, TESTBED } from './testbed.ts'

export const NEEDED = [
  { program: 'curl', package: 'curl' },
  { program: 'nginx', package: 'nginx-light' },
]

const SIZE = 64 << 20

/** One client that fetches one file repeatedly over one connection. */
export async function http(bench: Bench): Promise<Row[]> {
  const files = join(bench.dir, 'files')
  mkdirSync(files)
  writeFileSync(join(files, '64m'), randomBytes(SIZE))
  const results = await contest(bench, {
    files,
    contenders: [nbe, nginx],
    measure: async server => {
      await fetch(bench, server, 2)
      return fetch(bench, server, bench.quick ? 8 : 32)
    },
  })
  const rate = medians(results, ({ rate }) => rate)
  const cpu = medians(results, ({ cpuPerGb }) => cpuPerGb)
  const what = 'HTTP 64 MB'
  const met = rate.ours >= 0.6 * rate.peers.nginx!
  return [
    { id: 'http-64m', what, unit: 'MB/s', ...rate, goal: '≥ 0.6 × nginx', met },
    { id: 'http-64m-cpu', what, unit: 'CPU s/GB', ...cpu, goal: 'shown', met: true },
  ]
}

export async function fetch({ programs }: Bench, server: Server, times: number) {
  const url = `http://${TESTBED.server}:8080/64m`
  const urls = Array.from({ length: times }, () => ['-o', '/dev/null', url]).flat()
  const argv = [...IN_CLIENTS, programs.path('curl'), '--silent', '--fail', ...urls]
  const cpu = server.cpu
  const began = performance.now()
  await run(argv, { timeoutMs: 300_000, env: programs.env })
  const seconds = (performance.now() - began) / 1000
  const bytes = SIZE * times
  return { rate: bytes / seconds / 1e6, cpuPerGb: (server.cpu - cpu) / (bytes / 1e9) }
}
