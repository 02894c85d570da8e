import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../src/host/run.ts'
import { type Bench, contest, medians } from './contest.ts'
import type { Row } from './row.ts'
import type { Server } from './server.ts'
import { ganesha } from './servers/ganesha.ts'
import { nbeWithNfs } from './servers/nbe.ts'
import { IN_CLIENTS } from './testbed.ts'

/** ganesha looks for its plug-ins only where its package installs them; netbase has /etc/services for rpcbind. */
export const INSTALLED = ['nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind', 'netbase']

const CLIENT = fileURLToPath(new URL('load/nfs-client.ts', import.meta.url))
const SIZE = 64 << 20
const KERNEL = 17 << 20
const DIRECTORIES = 100

/** The measurements of one server. */
interface Measured {
  /** MB/s of a large file by TCP, and the server's CPU seconds for a gigabyte. */
  rate: number
  cpuPerGb: number
  /** Seconds for a kernel, read like FreeBSD's loader. */
  loader: number
  /** Names per second. */
  walk: number
}

/** The NFS calls of a boot: a large file by TCP, a kernel in the loader's small reads by UDP, many names. */
export async function nfs(bench: Bench): Promise<Row[]> {
  const files = join(bench.dir, 'files')
  const names = bench.quick ? 2000 : 20_000
  makeTree(join(files, 'tree'), names)
  const path = join(files, 'tree')
  const results = await contest(bench, {
    files,
    contenders: [nbeWithNfs, ganesha],
    measure: server => measure(server, path, names, bench.quick ? 2 : 8),
  })
  return rows(results)
}

function makeTree(tree: string, names: number): void {
  mkdirSync(tree, { recursive: true })
  writeFileSync(join(tree, '64m'), randomBytes(SIZE))
  writeFileSync(join(tree, 'kernel'), randomBytes(KERNEL))
  for (let dir = 0; dir < DIRECTORIES; dir++) {
    const path = join(tree, 'names', `dir${dir}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < names / DIRECTORIES; file++) writeFileSync(join(path, `file${file}`), '')
  }
}

async function measure(server: Server, path: string, names: number, times: number): Promise<Measured> {
  await client(path, 'read', '64m', 1)
  const cpu = server.cpu
  const read = await client(path, 'read', '64m', times)
  const bytes = SIZE * times
  const cpuPerGb = (server.cpu - cpu) / (bytes / 1e9)
  const loader = await client(path, 'loader', 'kernel', 1)
  const walk = names / (await client(path, 'walk', 'names', 1))
  return { rate: bytes / read / 1e6, cpuPerGb, loader, walk }
}

/** The seconds that a client took. */
async function client(path: string, what: string, name: string, times: number): Promise<number> {
  const argv = [...IN_CLIENTS, process.execPath, CLIENT, path, what, name, String(times)]
  return Number((await run(argv, { timeoutMs: 300_000 })).stdout)
}

function rows(results: Parameters<typeof medians<Measured>>[0]): Row[] {
  const rate = medians(results, ({ rate }) => rate)
  const cpu = medians(results, ({ cpuPerGb }) => cpuPerGb)
  const loader = medians(results, ({ loader }) => loader)
  const walk = medians(results, ({ walk }) => walk)
  const half = '≥ 0.5 × ganesha'
  const read = 'NFS 64 MB by TCP, 128 KB reads'
  return [
    {
      id: 'nfs-read',
      what: read,
      unit: 'MB/s',
      ...rate,
      goal: half,
      met: rate.ours >= 0.5 * rate.peers.ganesha!,
    },
    { id: 'nfs-read-cpu', what: read, unit: 'CPU s/GB', ...cpu, goal: 'shown', met: true },
    {
      ...{ id: 'nfs-loader', what: 'NFS 17 MB by UDP, 1 KB reads in turn', unit: 's', ...loader },
      ...{ goal: '≤ ganesha', met: loader.ours <= loader.peers.ganesha! },
    },
    {
      ...{ id: 'nfs-walk', what: 'NFS READDIRPLUS, LOOKUP and GETATTR of 20,000', unit: 'names/s', ...walk },
      ...{ goal: half, met: walk.ours >= 0.5 * walk.peers.ganesha! },
    },
  ]
}
