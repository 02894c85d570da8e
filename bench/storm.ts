import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../src/host/run.ts'
import { type Bench, contest, medians, type Results } from './contest.ts'
import { percentile, type Row } from './row.ts'
import type { Server } from './server.ts'
import { dnsmasq } from './servers/dnsmasq.ts'
import { nbe } from './servers/nbe.ts'
import { IN_CLIENTS } from './testbed.ts'

export const NEEDED = [{ program: 'dnsmasq', package: 'dnsmasq-base' }]

const LOAD = fileURLToPath(new URL('load/storm.ts', import.meta.url))
const MACHINES = 300
const LOADER_BYTES = 640 * 1024

interface Storm {
  booted: number
  /** Seconds until all but 1 % of the machines had the address for their loader. */
  p99: number
  median: number
  /** The server's CPU seconds for all of it. */
  cpu: number
  /** Peak memory of the server, in MB (10^6). */
  memory: number
}

/** All machines of the lab boot at once, as after a power cut, on a server that has just been started. */
export async function storm(bench: Bench): Promise<Row[]> {
  const files = join(bench.dir, 'files')
  mkdirSync(files)
  writeFileSync(join(files, 'loader.efi'), randomBytes(LOADER_BYTES))
  return rows(await contest(bench, { files, contenders: [nbe, dnsmasq], measure: measure }))
}

async function measure(server: Server): Promise<Storm> {
  const cpu = server.cpu
  const argv = [...IN_CLIENTS, process.execPath, LOAD, String(MACHINES)]
  const seconds: number[] = JSON.parse((await run(argv, { timeoutMs: 120_000 })).stdout)
  return {
    booted: seconds.length,
    p99: percentile(seconds, 0.99),
    median: percentile(seconds, 0.5),
    cpu: server.cpu - cpu,
    memory: server.memory / 1e6,
  }
}

function rows(results: Results<Storm>): Row[] {
  const what = `storm of ${MACHINES} machines`
  const booted = medians(results, ({ booted }) => booted)
  const p99 = medians(results, ({ p99 }) => p99)
  const cpu = medians(results, ({ cpu }) => cpu)
  const memory = medians(results, ({ memory }) => memory)
  const dnsmasq = p99.peers.dnsmasq!
  return [
    { id: 'storm-booted', what, unit: 'booted', ...booted, goal: 'all', met: booted.ours === MACHINES },
    { id: 'storm-p99', what, unit: 's, p99', ...p99, goal: '≤ dnsmasq', met: p99.ours <= dnsmasq },
    { id: 'storm-cpu', what, unit: 'CPU s', ...cpu, goal: 'shown', met: true },
    { id: 'storm-memory', what, unit: 'MB', ...memory, goal: '≤ 200', met: memory.ours <= 200 },
  ]
}
