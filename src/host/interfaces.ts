import type { Platform } from './platform.ts'
import { type Run, run } from './run.ts'

/** A network interface of this host, up or down. */
export interface Interface {
  name: string
  /** Set by an admin or a program: ifalias on Linux, description on FreeBSD. */
  description?: string
  /** Of a bridge: its member interfaces. */
  ports?: string[]
}

const TIMEOUT_MS = 10_000

/**
 * All interfaces, from ip(8) or ifconfig(8); none where these are missing. /sys/class/net is not used: it may belong to
 * another network namespace.
 */
export async function listInterfaces(platform: Platform, runner: Run = run): Promise<Interface[]> {
  const argv = platform === 'linux' ? ['ip', '-j', '-d', 'link', 'show'] : ['ifconfig', '-a']
  try {
    const { stdout } = await runner(argv, { timeoutMs: TIMEOUT_MS, platform })
    return platform === 'linux' ? ofIp(stdout) : ofIfconfig(stdout)
  } catch {
    return []
  }
}

interface IpLink {
  ifname: string
  ifalias?: string
  master?: string
  linkinfo?: { info_kind?: string }
}

function ofIp(text: string): Interface[] {
  const links = JSON.parse(text) as IpLink[]
  return links.map(({ ifname, ifalias, linkinfo }) => ({
    name: ifname,
    ...(ifalias !== undefined && { description: ifalias }),
    ...(linkinfo?.info_kind === 'bridge' && {
      ports: links.filter(({ master }) => master === ifname).map(link => link.ifname),
    }),
  }))
}

/** Each interface begins with an unindented line: `bridge0: flags=8843<…> metric 0 mtu 1500`. */
function ofIfconfig(text: string): Interface[] {
  return text.split(/^(?=\S)/m).flatMap(part => {
    const [, name] = /^(\S+): flags=/.exec(part) ?? []
    if (name === undefined) return []
    const [, description] = /^\s+description: (.*)$/m.exec(part) ?? []
    const ports = [...part.matchAll(/^\s+member: (\S+)/gm)].map(([, port]) => port!)
    const isBridge = /^\s+groups: (?:.* )?bridge\b/m.test(part)
    return [{ name, ...(description !== undefined && { description }), ...(isBridge && { ports }) }]
  })
}
