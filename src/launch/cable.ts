import type { Machine } from '../machines/machine.ts'
import type { LaunchCommand, LaunchStep } from './launch.ts'
import { type BridgeFacts, tapName, type VmHost } from './vm.ts'

/** By this a bridge that we made is known again (ifalias on Linux, description on FreeBSD). */
export const BRIDGE_MARK = 'nbe'

/** How one platform says it. */
interface Words {
  /** Up to the bridge's mark. */
  make(bridge: BridgeFacts): [what: string, argv: string[]][]
  up(bridge: string): string[]
  remove(bridge: string): string[]
  makeTap(tap: string): string[]
  removeTap(tap: string): string[]
  plug(tap: string, bridge: string): string[]
}

const WORDS: Record<VmHost['platform'], Words> = {
  /** ip-link(8), ip-tuntap(8). */
  linux: {
    make: ({ name }) => [
      // Without the 15 s in which a new port of a bridge only learns: firmware gives up before.
      [`make bridge ${name}`, ['ip', 'link', 'add', name, 'type', 'bridge', 'forward_delay', '0']],
      [`mark ${name} as ours`, ['ip', 'link', 'set', name, 'alias', BRIDGE_MARK]],
    ],
    up: name => ['ip', 'link', 'set', name, 'up'],
    remove: name => ['ip', 'link', 'delete', name, 'type', 'bridge'],
    makeTap: tap => ['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap'],
    removeTap: tap => ['ip', 'link', 'delete', tap],
    plug: (tap, bridge) => ['ip', 'link', 'set', tap, 'master', bridge, 'up'],
  },
  /** ifconfig(8), bridge(4), tap(4). */
  freebsd: {
    make: ({ name, uplink }) => [
      [`make bridge ${name}`, ['ifconfig', name, 'create']],
      [`mark ${name} as ours`, ['ifconfig', name, 'description', BRIDGE_MARK]],
      ...(uplink === undefined
        ? []
        : [[`plug ${uplink} into ${name}`, ['ifconfig', name, 'addm', uplink]] as [string, string[]]]),
    ],
    up: name => ['ifconfig', name, 'up'],
    remove: name => ['ifconfig', name, 'destroy'],
    makeTap: tap => ['ifconfig', tap, 'create'],
    removeTap: tap => ['ifconfig', tap, 'destroy'],
    plug: (tap, bridge) => ['ifconfig', bridge, 'addm', tap],
  },
}

/** The steps that plug a machine in: a bridge where there is none, a tap, and the tap into the bridge. */
export function cable(machine: Pick<Machine, 'mac'>, { platform, bridge }: VmHost): LaunchStep[] {
  const words = WORDS[platform]
  const tap = tapName(machine, platform)
  return [
    ...bridgeSteps(words, bridge),
    {
      do: { what: `make ${tap}`, argv: words.makeTap(tap) },
      undo: { what: `remove ${tap}`, argv: words.removeTap(tap) },
    },
    { do: { what: `plug ${tap} into ${bridge.name}`, argv: words.plug(tap, bridge.name) } },
  ]
}

/** FreeBSD: closing a tap takes it down (tap(4)): before each boot, and not host-wide by net.link.tap.up_on_open. */
export const tapUp = (machine: Pick<Machine, 'mac'>): LaunchCommand => {
  const tap = tapName(machine, 'freebsd')
  return { what: `switch ${tap} on`, argv: ['ifconfig', tap, 'up'] }
}

function bridgeSteps(words: Words, bridge: BridgeFacts): LaunchStep[] {
  if (bridge.state === 'theirs') return []
  const { name, uplink } = bridge
  const make = bridge.state === 'absent' ? words.make(bridge) : []
  const [first, ...more] = [...make, [`switch ${name} on`, words.up(name)] as [string, string[]]]
  return [
    {
      do: { what: first![0], argv: first![1] },
      undo: { what: `remove bridge ${name}`, argv: words.remove(name) },
      unlessPorts: { bridge: name, ...(uplink !== undefined && { but: uplink }) },
    },
    ...more.map(([what, argv]) => ({ do: { what, argv } })),
  ]
}

/** The steps that see to the bridge alone: Xen's own scripts plug its machines in. */
export const bridgeOnly = ({ platform, bridge }: VmHost): LaunchStep[] => bridgeSteps(WORDS[platform], bridge)
