import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The most memory (bytes) that the process has had resident: VmHWM of proc_pid_status(5). */
export function peakMemory(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kilobytes) * 1024
}

/** Waits until something listens on the port here; false when nothing does in 20 s. */
export async function listens(protocol: 'udp' | 'tcp', port: number): Promise<boolean> {
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm')
  for (let tries = 400; tries > 0; tries--) {
    // Some servers take IPv4 by sockets of IPv6.
    const listed = [protocol, `${protocol}6`].map(name => readFileSync(`/proc/net/${name}`, 'latin1'))
    if (listed.some(text => local.test(text))) return true
    await sleep(50)
  }
  return false
}
