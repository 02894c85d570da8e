import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatLease } from '../src/dhcp/leases/lease.ts'
import { leasesFile } from '../src/dhcp/leases/leased-address.ts'
import { toNumber, toText } from '../src/net/ipv4.ts'
import { type Bench, contest, medians, once, type Results } from './contest.ts'
import { type DoraResult, perfdhcp } from './load/perfdhcp.ts'
import { median, type Row } from './row.ts'
import type { Contender, Server } from './server.ts'
import { dnsmasq } from './servers/dnsmasq.ts'
import { kea } from './servers/kea.ts'
import { nbe } from './servers/nbe.ts'
import { TESTBED } from './testbed.ts'

export const NEEDED = [
  { program: 'kea-dhcp4', package: 'kea-dhcp4-server' },
  { program: 'perfdhcp', package: 'kea-admin' },
  { program: 'dnsmasq', package: 'dnsmasq-base' },
]

const ALL = [nbe, kea, dnsmasq]
const NEW = 1_000_000
const TOO_MANY_LOST = 0.01

export async function dhcp(bench: Bench): Promise<Row[]> {
  const files = join(bench.dir, 'files')
  mkdirSync(files)
  const steady = await contest(bench, {
    files,
    contenders: ALL,
    measure: server => exchanges(bench, server, 500),
  })
  return [...steadyRows(steady), await highestRate(bench, files), await growth(bench, files)]
}

interface Cost extends DoraResult {
  /** The server's CPU in µs for each exchange. */
  cpu: number
}

/**
 * New clients at a steady rate, on a server that has run for a while: the first 10,000 exchanges, in which it allocates
 * memory and compiles code, are not counted.
 */
async function exchanges(bench: Bench, server: Server, rate: number): Promise<Cost> {
  await perfdhcp(bench.programs, { rate, seconds: bench.quick ? 2 : 20, machines: NEW, seed: 1 })
  const cpu = server.cpu
  const seconds = bench.quick ? 4 : 10
  const result = await perfdhcp(bench.programs, { rate, seconds, machines: NEW, seed: 2 })
  return { ...result, cpu: ((server.cpu - cpu) / result.done) * 1e6 }
}

function steadyRows(results: Results<Cost>): Row[] {
  const what = 'DHCP new clients, 500/s'
  const lost = medians(results, ({ lost }) => 100 * lost)
  const cpu = medians(results, ({ cpu }) => cpu)
  const { kea, dnsmasq } = cpu.peers
  return [
    { id: 'dhcp-lost', what, unit: '% lost', ...lost, goal: '0', met: lost.ours === 0 },
    {
      id: 'dhcp-cpu',
      what,
      unit: 'CPU µs/DORA',
      ...cpu,
      goal: '≤ kea, ≤ 1/5 dnsmasq',
      met: cpu.ours <= kea! && cpu.ours <= dnsmasq! / 5,
    },
  ]
}

const RATES = [250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000]

/** The highest rate of new clients that each server sustains; all are tried at one rate before the next. */
async function highestRate(bench: Bench, files: string): Promise<Row> {
  const best = new Map(ALL.map(({ name }) => [name, 0]))
  let left: readonly Contender[] = ALL
  for (const rate of RATES) {
    const passed: Contender[] = []
    for (const contender of left) {
      const turn = { files, contenders: [], measure: () => sustains(bench, rate) }
      if (!(await once(bench, turn, contender))) continue
      best.set(contender.name, rate)
      passed.push(contender)
    }
    left = passed
    if (left.length === 0) break
  }
  const { nbe: ours, ...peers } = Object.fromEntries(best)
  const met = ours! >= peers.kea! && ours! >= 4 * peers.dnsmasq!
  const goal = '≥ kea, ≥ 4 × dnsmasq'
  return {
    id: 'dhcp-rate',
    what: 'DHCP new clients, < 1 % lost',
    unit: 'DORA/s',
    ours: ours!,
    peers,
    goal,
    met,
  }
}

/** Whether few enough are lost at this rate, in one of two tries: other load on the machine may disturb one. */
async function sustains(bench: Bench, rate: number): Promise<boolean> {
  const seconds = bench.quick ? 2 : 5
  await perfdhcp(bench.programs, { rate: Math.min(rate, 500), seconds: 2, machines: NEW, seed: 1 })
  for (const seed of [2, 3]) {
    const { lost } = await perfdhcp(bench.programs, { rate, seconds, machines: NEW, seed })
    if (lost < TOO_MANY_LOST) return true
  }
  return false
}

const FEW = 1_000
const MANY = 100_000

/** The cost of an exchange with many leases, divided by that with few. */
async function growth(bench: Bench, files: string): Promise<Row> {
  const cost = new Map<number, number[]>([
    [FEW, []],
    [MANY, []],
  ])
  for (let round = 0; round < bench.rounds; round++) {
    for (const [leases, costs] of cost) {
      const prepare = ({ dir }: { dir: string }) => recordLeases(join(dir, 'state'), leases)
      const measure = (server: Server) => exchanges(bench, server, 500)
      costs.push((await once(bench, { files, contenders: [], prepare, measure }, nbe)).cpu)
    }
  }
  const ours = median(cost.get(MANY)!) / median(cost.get(FEW)!)
  return {
    id: 'dhcp-growth',
    what: 'DHCP cost with 100,000 leases against 1,000',
    unit: '×',
    ours,
    peers: {},
    goal: '≤ 1.2',
    met: ours <= 1.2,
  }
}

/** Writes a lease file with addresses from the end of the pool, which the clients of the bench do not reach. */
function recordLeases(dir: string, count: number): void {
  mkdirSync(dir, { recursive: true })
  const last = toNumber(TESTBED.pool[1])
  const until = Date.now() + 7 * 86_400_000
  const lines = Array.from({ length: count }, (_, i) => {
    const mac = `02:00:00:${(i >> 16).toString(16).padStart(2, '0')}:${((i >> 8) & 255).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`
    return formatLease({ ip: toText(last - i), mac, state: 'bound', until })
  })
  writeFileSync(leasesFile(dir), lines.join(''))
}
