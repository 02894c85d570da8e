import type { Machine } from '../../../machines/machine.ts'
import type { LaunchCommand, LaunchStep, VmBridge } from '../launch.ts'
import { tapName, type VmHost } from '../vm/vm.ts'
import { BRIDGE_MARK } from './bridges.ts'

/** How one platform says it. */
interface InterfaceCommands {
  /** The last of them can be done again. */
  make(bridge: VmBridge): LaunchCommand[]
  remove(bridge: string): string[]
  makeTap(tap: string): string[]
  removeTap(tap: string): string[]
  plug(tap: string, bridge: string): string[]
}

const command = (what: string, ...argv: string[]): LaunchCommand => ({ what, argv })

const INTERFACE_COMMANDS: Record<VmHost['platform'], InterfaceCommands> = {
  /** ip-link(8), ip-tuntap(8). */
  linux: {
    make: ({ name }) => [
      // Without the 15 s in which a new port of a bridge only learns: firmware gives up before.
      command(`make bridge ${name}`, 'ip', 'link', 'add', name, 'type', 'bridge', 'forward_delay', '0'),
      command(`mark ${name} as ours`, 'ip', 'link', 'set', name, 'alias', BRIDGE_MARK),
      command(`switch ${name} on`, 'ip', 'link', 'set', name, 'up'),
    ],
    remove: name => ['ip', 'link', 'delete', name, 'type', 'bridge'],
    makeTap: tap => ['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap'],
    removeTap: tap => ['ip', 'link', 'delete', tap],
    plug: (tap, bridge) => ['ip', 'link', 'set', tap, 'master', bridge, 'up'],
  },
  /** ifconfig(8), bridge(4), tap(4). */
  freebsd: {
    make: ({ name, uplink }) => [
      command(`make bridge ${name}`, 'ifconfig', name, 'create'),
      command(`mark ${name} as ours`, 'ifconfig', name, 'description', BRIDGE_MARK),
      ...(uplink === undefined
        ? []
        : [command(`plug ${uplink} into ${name}`, 'ifconfig', name, 'addm', uplink)]),
      command(`switch ${name} on`, 'ifconfig', name, 'up'),
    ],
    remove: name => ['ifconfig', name, 'destroy'],
    makeTap: tap => ['ifconfig', tap, 'create'],
    removeTap: tap => ['ifconfig', tap, 'destroy'],
    plug: (tap, bridge) => ['ifconfig', bridge, 'addm', tap],
  },
}

/** The steps that plug a machine in: a bridge where there is none, a tap, and the tap into the bridge. */
export function tapSteps(machine: Pick<Machine, 'mac'>, host: VmHost): LaunchStep[] {
  const { platform, bridge } = host
  const words = INTERFACE_COMMANDS[platform]
  const tap = tapName(machine, platform)
  return [
    ...bridgeSteps(host),
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

/** Those that see to the bridge alone: Xen's own scripts plug its machines in. */
export function bridgeSteps({ platform, bridge }: VmHost): LaunchStep[] {
  const { make, remove } = INTERFACE_COMMANDS[platform]
  const undo = { what: `remove bridge ${bridge.name}`, argv: remove(bridge.name) }
  return make(bridge).map((work, at) => ({ do: work, bridge, ...(at === 0 && { undo }) }))
}
