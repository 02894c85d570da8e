import { run } from '../../src/host/run.ts'
import type { Programs } from '../packages.ts'
import type { Server } from '../server.ts'
import { IN_CLIENTS, TESTBED } from '../testbed.ts'

export interface Fetch {
  file: string
  /** Bytes. */
  size: number
  /** Clients at once. */
  clients: number
  /** How often each client fetches it. */
  times: number
  blockSize: number
  window: number
}

export interface Fetched {
  /** Megabytes (10^6) per second, all clients together. */
  rate: number
  /** The server's CPU seconds for each 10^9 bytes. */
  cpuPerGb: number
}

/** Fetches with Debian's atftp, one process for each client: an independent implementation that uses little CPU. */
export async function fetchAll(programs: Programs, server: Server, fetch: Fetch): Promise<Fetched> {
  const { file, size, clients, times, blockSize, window } = fetch
  const options = [`--option "blksize ${blockSize}"`, window > 1 ? `--option "windowsize ${window}"` : '']
  const get = `${programs.path('atftp')} ${options.join(' ')} -g -r ${file} -l /dev/null ${TESTBED.server}`
  const client = `for time in $(seq ${times}); do ${get} || echo failed; done`
  const script = `for client in $(seq ${clients}); do (${client}) & done; wait`
  const cpu = server.cpu
  const began = performance.now()
  const { stdout, stderr } = await run([...IN_CLIENTS, 'sh', '-c', script], {
    timeoutMs: 300_000,
    env: programs.env,
  })
  const seconds = (performance.now() - began) / 1000
  if (stdout !== '')
    throw new Error(
      `${stdout.split('\n').length} of ${clients * times} fetches failed: ${stderr.slice(-200)}`,
    )
  const bytes = size * clients * times
  return { rate: bytes / seconds / 1e6, cpuPerGb: (server.cpu - cpu) / (bytes / 1e9) }
}
