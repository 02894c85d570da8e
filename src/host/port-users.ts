import { detectPlatform, type Platform } from './platform.ts'
import { type Run, run } from './run.ts'

/** A program that listens on a UDP or TCP port of this host. */
export interface PortUser {
  /** Local address: `0.0.0.0`, or one of the host's. */
  address: string
  /** The interface that its socket is bound to (SO_BINDTODEVICE), if any. */
  device?: string
  /** `dnsmasq (pid 94)`; absent when ss(8) or sockstat(1) may not see it. */
  program?: string
}

/** The programs that listen on an IPv4 port, from ss(8) or sockstat(1). For error messages: empty when these fail. */
export async function portUsers(
  protocol: 'udp' | 'tcp',
  port: number,
  { platform = detectPlatform(), runner = run }: { platform?: Platform; runner?: Run } = {},
): Promise<PortUser[]> {
  const argv =
    platform === 'linux'
      ? ['ss', '-H', '-4', '-l', '-n', '-p', protocol === 'udp' ? '-u' : '-t', `sport = :${port}`]
      : ['sockstat', '-4', '-l', '-n', '-P', protocol, '-p', String(port)]
  try {
    const { stdout } = await runner(argv, { timeoutMs: 5000, platform })
    return stdout.split('\n').flatMap(line => (platform === 'linux' ? ofSs(line) : ofSockstat(line)))
  } catch {
    return []
  }
}

/** `UNCONN 0 0 0.0.0.0%virbr0:67 0.0.0.0:* users:(("dnsmasq",pid=94,fd=4))` */
function ofSs(line: string): PortUser[] {
  const [, , , local, , users = ''] = line.trim().split(/\s+/)
  const [, address, device] = /^([\d.*]+)(?:%([^:]+))?:\d+$/.exec(local ?? '') ?? []
  if (address === undefined) return []
  const [, name, pid] = /\("([^"]+)",pid=(\d+)/.exec(users) ?? []
  return [user(address, name, pid, device)]
}

/** `root dhcpd 812 7 udp4 *:67 *:*` */
function ofSockstat(line: string): PortUser[] {
  const [, name, pid, , protocol, local] = line.trim().split(/\s+/)
  if (protocol === undefined || !/^(udp|tcp)/.test(protocol) || local === undefined) return []
  return [user(local.slice(0, local.lastIndexOf(':')), name, pid)]
}

const user = (address: string, name?: string, pid?: string, device?: string): PortUser => ({
  address: address === '*' ? '0.0.0.0' : address,
  ...(device !== undefined && { device }),
  ...(name !== undefined && { program: `${name} (pid ${pid})` }),
})
