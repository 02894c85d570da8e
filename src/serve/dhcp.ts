import type { BootPlan } from '../boot/boot-plan.ts'
import type { DhcpReply, DhcpRequestFields } from '../boot/dhcp.ts'
import { identify } from '../boot/identify.ts'
import { LeaseDatabase } from '../dhcp/leases/database.ts'
import { leasesFile } from '../dhcp/leases/leased-address.ts'
import { FileLeaseLog } from '../dhcp/leases/log.ts'
import { oddLeases } from '../dhcp/leases/odd.ts'
import { DhcpServer, type DhcpServerOptions } from '../dhcp/server.ts'
import { wrongLabRoute, wrongRouteText } from '../lab/broadcasts.ts'
import type { Lab } from '../lab/lab.ts'
import type { InheritedNetwork } from '../net/inherited.ts'
import { Subnet } from '../net/ipv4.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import { attachedNetworks } from './networks.ts'
import type { PartContext } from './part.ts'
import { planEvents } from './plan-events.ts'
import { listening, refuseOtherListener } from './ports.ts'

/** Leases that are granted within this time (ms) share one fsync(2); clients wait for seconds. */
const GATHER_MS = 25

/** Throws BE_PORT_TAKEN while another program has the DHCP port. An inherited socket on that port is ours: no check. */
export async function checkDhcpPort(
  { network, subnets, settings }: Pick<Lab, 'network' | 'subnets' | 'settings'>,
  inherited: InheritedNetwork,
): Promise<void> {
  const at = { address: subnets.lab.address, port: settings['dhcp.port'] }
  if (settings['dhcp.mode'] === 'off' || inherited.unused().some(({ port }) => port === at.port)) return
  await listening(() => refuseOtherListener(network, at))
}

/** DHCP on each attached network, unless dhcp.mode is off. Throws BE_DHCP_OTHER_SERVER, BE_LEASE_LOG, BE_PORT_…. */
export async function startDhcp({ lab, network, emit, started }: PartContext): Promise<void> {
  const { clock, settings, inventory, machineMatcher, planner } = lab
  const mode = settings['dhcp.mode']
  if (mode === 'off') return
  await routeBroadcasts({ lab, emit, started })
  const log = new FileLeaseLog(leasesFile(lab.stateDir))
  const leases = await LeaseDatabase.open({
    log,
    clock,
    gatherMs: GATHER_MS,
    quarantineMs: settings['dhcp.lease'] * 1000,
  })
  const servers: DhcpServer[] = []
  const stop = async () => {
    await Promise.all(servers.map(server => server.stop()))
  }
  started({ stop, close: () => leases.close() })
  for (const detail of inventory.sharedIdentities()) {
    emit({ event: 'machine:no-identity', level: 'warn', detail })
  }
  reportLeases(leases, lab, emit)
  const options: Omit<DhcpServerOptions, 'lab'> = {
    network,
    clock,
    emit,
    mode,
    port: settings['dhcp.port'],
    refuseOtherServer: !settings['dhcp.authoritative'],
    probe: settings['dhcp.probe'],
    leases,
    recognise: client => machineMatcher.learn(client),
    reservation: mac => machineMatcher.machineOf({ mac })?.ip,
    reservedFor: ip => inventory.byAddress(ip)?.mac,
    isKnown: mac => machineMatcher.machineOf({ mac }) !== undefined,
    knownMachines: () => inventory.withoutAddress(),
    plan: async (fields, ip, informed) => reported(await planner.answer(fields, ip, informed), emit),
    leasedElsewhere: (mac, ip) => planner.leasedElsewhere(mac, ip),
    stage: (fields: DhcpRequestFields) => identify(fields, planner.clientOf(fields.mac)).stage,
  }
  for (const attached of attachedNetworks(lab)) {
    const server = new DhcpServer({ ...options, lab: attached })
    await listening(() => server.start())
    servers.push(server)
  }
}

/** Says what is wrong with the leases that were found. None of it keeps the service from starting. */
function reportLeases(leases: LeaseDatabase, lab: Lab, emit: Emit): void {
  const { damaged, example, quarantined, tooLong } = leases.found
  const warn = (event: string, detail: SessionEvent['detail']) => emit({ event, level: 'warn', detail })
  if (damaged > 0) {
    const kept = `${leasesFile(lab.stateDir)}.damaged`
    warn('dhcp:leases-damaged', {
      lines: damaged,
      quarantined,
      example,
      kept,
    })
  }
  if (tooLong > 0) warn('dhcp:leases-too-long', { leases: tooLong })
  const { inventory, machineMatcher, subnets } = lab
  const odd = oddLeases(leases, {
    networks: [subnets.lab, ...subnets.others].map(({ address, netmask }) => new Subnet(address, netmask)),
    reservation: mac => machineMatcher.machineOf({ mac })?.ip,
    reservedFor: ip => inventory.byAddress(ip)?.mac,
  })
  if (odd !== undefined) warn('dhcp:leases-odd', { ...odd })
}

/** Reports that broadcasts would not reach the lab, or, with dhcp.route, sends them there while the service runs. */
async function routeBroadcasts({
  lab,
  emit,
  started,
}: Pick<PartContext, 'lab' | 'emit' | 'started'>): Promise<void> {
  const wrong = await wrongLabRoute(lab)
  if (wrong === undefined) return
  if (!lab.settings['dhcp.route']) {
    emit({ event: 'dhcp:route-wrong', level: 'error', detail: { why: wrongRouteText(wrong) } })
    return
  }
  await wrong.step.apply?.()
  started({ stop: async () => {}, close: async () => wrong.step.undo?.() })
  emit({ event: 'dhcp:route-added', detail: { command: wrong.cure } })
}

/** Logs the plan's decisions; returns its reply. */
function reported(plan: BootPlan, emit: Emit): DhcpReply | undefined {
  for (const event of planEvents(plan)) emit(event)
  return plan.reply
}
