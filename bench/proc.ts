import { readFileSync } from 'node:fs'
import { nodeClock } from '../src/net/node.ts'
import { poll } from '../src/net/poll.ts'

/** The peak resident memory of a process in bytes: VmHWM of proc_pid_status(5). */
export function peakMemory(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kilobytes) * 1024
}

/** Waits until a program listens on the port in this network namespace; resolves with false after 20 s. */
export function listens(protocol: 'udp' | 'tcp', port: number): Promise<boolean> {
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm')
  return poll(nodeClock, { everyMs: 50, limitMs: 20_000 }, () => {
    // Some servers use IPv6 sockets for IPv4, too.
    const tables = [protocol, `${protocol}6`].map(name => readFileSync(`/proc/net/${name}`, 'latin1'))
    return tables.some(text => local.test(text))
  })
}
