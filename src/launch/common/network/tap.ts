import type { Platform } from '../../../host/platform.ts'
import type { Machine } from '../../../machines/machine.ts'
import type { LaunchCommand, LaunchStep, VmBridge } from '../launch.ts'
import { BRIDGE_MARK } from './bridges.ts'

/** The network that a virtual machine is connected to. */
interface TapHost {
  platform: Platform
  bridge: VmBridge
}

/** The commands of one platform. */
interface InterfaceCommands {
  /** The last of them can be repeated. */
  createBridge(bridge: VmBridge): LaunchCommand[]
  destroyBridge(bridge: string): string[]
  createTap(tap: string): string[]
  destroyTap(tap: string): string[]
  addMember(tap: string, bridge: string): string[]
}

const command = (what: string, ...argv: string[]): LaunchCommand => ({ what, argv })

const INTERFACE_COMMANDS: Record<Platform, InterfaceCommands> = {
  /** ip-link(8), ip-tuntap(8). */
  linux: {
    createBridge: ({ name }) => [
      // Without the forward delay of 15 s, in which a new port passes no frames: firmware gives up before.
      command(`make bridge ${name}`, 'ip', 'link', 'add', name, 'type', 'bridge', 'forward_delay', '0'),
      command(`mark ${name} as created by nbe`, 'ip', 'link', 'set', name, 'alias', BRIDGE_MARK),
      command(`bring ${name} up`, 'ip', 'link', 'set', name, 'up'),
    ],
    destroyBridge: name => ['ip', 'link', 'delete', name, 'type', 'bridge'],
    createTap: tap => ['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap'],
    destroyTap: tap => ['ip', 'link', 'delete', tap],
    addMember: (tap, bridge) => ['ip', 'link', 'set', tap, 'master', bridge, 'up'],
  },
  /** ifconfig(8), bridge(4), tap(4). */
  freebsd: {
    createBridge: ({ name, uplink }) => [
      command(`make bridge ${name}`, 'ifconfig', name, 'create'),
      command(`mark ${name} as created by nbe`, 'ifconfig', name, 'description', BRIDGE_MARK),
      ...(uplink === undefined
        ? []
        : [command(`add ${uplink} to ${name}`, 'ifconfig', name, 'addm', uplink)]),
      command(`bring ${name} up`, 'ifconfig', name, 'up'),
    ],
    destroyBridge: name => ['ifconfig', name, 'destroy'],
    createTap: tap => ['ifconfig', tap, 'create'],
    destroyTap: tap => ['ifconfig', tap, 'destroy'],
    addMember: (tap, bridge) => ['ifconfig', bridge, 'addm', tap],
  },
}

/** The steps that connect a machine: create the bridge if there is none, create a tap, add the tap to the bridge. */
export function tapSteps(machine: Pick<Machine, 'mac'>, host: TapHost): LaunchStep[] {
  const { platform, bridge } = host
  const commands = INTERFACE_COMMANDS[platform]
  const tap = tapName(machine, platform)
  return [
    ...bridgeSteps(host),
    {
      do: { what: `make ${tap}`, argv: commands.createTap(tap) },
      undo: { what: `remove ${tap}`, argv: commands.destroyTap(tap) },
    },
    { do: { what: `add ${tap} to ${bridge.name}`, argv: commands.addMember(tap, bridge.name) } },
  ]
}

/**
 * Brings a tap up before each boot on FreeBSD, where closing a tap takes it down (tap(4)). The sysctl
 * net.link.tap.up_on_open would do it for the whole host.
 */
export const tapUp = (machine: Pick<Machine, 'mac'>): LaunchCommand => {
  const tap = tapName(machine, 'freebsd')
  return { what: `bring ${tap} up`, argv: ['ifconfig', tap, 'up'] }
}

/** The steps that create the bridge alone, for Xen, whose own scripts add its machines to it. */
export function bridgeSteps({ platform, bridge }: TapHost): LaunchStep[] {
  const { createBridge, destroyBridge } = INTERFACE_COMMANDS[platform]
  const undo = { what: `remove bridge ${bridge.name}`, argv: destroyBridge(bridge.name) }
  return createBridge(bridge).map((work, at) => ({ do: work, bridge, ...(at === 0 && { undo }) }))
}

/**
 * The name of a machine's tap, after the end of its MAC: any name of at most 15 characters on Linux, tapN with N
 * up to 32767 on FreeBSD (IF_MAXUNIT).
 */
export function tapName({ mac }: Pick<Machine, 'mac'>, platform: Platform): string {
  const digits = mac.replaceAll(':', '').slice(-6)
  return platform === 'linux' ? `tap${digits}` : `tap${Number.parseInt(digits, 16) & 0x7fff}`
}
