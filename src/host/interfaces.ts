import type { Platform } from './platform.ts'
import { type Run, run } from './run.ts'

/** A network interface of this host, up or not. */
export interface Interface {
  name: string
  /** What an admin, or a program, noted of it (ifalias; description on FreeBSD). */
  description?: string
  /** Of a bridge: what is plugged into it. */
  ports?: string[]
}

const LOOK_MS = 10_000

/**
 * Every interface, as ip(8) or ifconfig(8) tell; none where these are missing. Not /sys/class/net: that may be
 * another network namespace's.
 */
export async function listInterfaces(platform: Platform, runner: Run = run): Promise<Interface[]> {
  const argv = platform === 'linux' ? ['ip', '-j', '-d', 'link', 'show'] : ['ifconfig', '-a']
  try {
    const { stdout } = await runner(argv, { timeoutMs: LOOK_MS, platform })
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
    ...(ifalias !== undefined && { note: ifalias }),
    ...(linkinfo?.info_kind === 'bridge' && {
      ports: links.filter(({ master }) => master === ifname).map(link => link.ifname),
    }),
  }))
}

/** An interface begins at the left margin: `bridge0: flags=8843<…> metric 0 mtu 1500`. */
function ofIfconfig(text: string): Interface[] {
  return text.split(/^(?=\S)/m).flatMap(part => {
    const [, name] = /^(\S+): flags=/.exec(part) ?? []
    if (name === undefined) return []
    const [, note] = /^\s+description: (.*)$/m.exec(part) ?? []
    const ports = [...part.matchAll(/^\s+member: (\S+)/gm)].map(([, port]) => port!)
    const isBridge = /^\s+groups: (?:.* )?bridge\b/m.test(part)
    return [{ name, ...(note !== undefined && { note }), ...(isBridge && { ports }) }]
  })
}
