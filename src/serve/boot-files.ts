import { FileTree } from '../boot/files/file-tree.ts'
import { bootHandler } from '../http/boot-handler.ts'
import type { Lab } from '../lab/lab.ts'
import { HTTP_LIMITS } from '../net/http.ts'
import type { Emit } from '../session/event.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { TftpServer } from '../tftp/server.ts'
import type { BootTracker } from './boots/tracker.ts'
import { CallBackHandler } from './call-back.ts'
import type { PartContext } from './part.ts'
import { listening } from './ports.ts'
import { tftpLimits } from './tftp-limits.ts'

/** The files that TFTP and HTTP serve: pxe.dir and our own pxe/, trees of shared boot environments, virtual files. */
export const bootFiles = (lab: Lab): FileTree =>
  new FileTree({
    pxe: lab.bootFileDirs,
    bePath: name => lab.planner.pathOf(name),
    machineBe: async mac => lab.assignmentOf(mac)?.be,
    clientAt: address => lab.planner.clientOf(address),
    virtual: (mac, path, { address }) => lab.planner.file(mac, path.slice(1), address),
  })

/** HTTP on each of our addresses: boot files, and the call-back. Throws BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
export async function startHttp(
  { lab, network, emit, capacity, started }: PartContext,
  { files, boots }: { files: FileTree; boots: BootTracker },
): Promise<void> {
  const port = lab.settings['http.port']
  const { clock, guestCommands } = lab
  const heartbeat = () => lab.settings['boot.heartbeat']
  const callBack = new CallBackHandler({ clock, emit, boots, guestCommands, heartbeat })
  const handler = callBack.handler(bootHandler(files, emit))
  const { addresses } = lab.subnets
  const options = {
    onMalformed: limited(lab, emit, 'malformed'),
    onRefused: limited(lab, emit, 'refused'),
    limits: { all: capacity.connections, bytes: HTTP_LIMITS.bytes / addresses.length },
  }
  for (const address of addresses) {
    const listener = await listening(() => network.http({ address, port }, handler, options))
    started({ stop: graceMs => listener.close(graceMs) })
  }
}

/** Counts requests with this fault, and logs at most one a second for each source. */
function limited({ clock }: Lab, emit: Emit, fault: string): (from: string, why: string) => void {
  const limiter = new WarningLimiter(clock)
  let total = 0
  return (ip, error) => {
    total++
    if (limiter.allow(ip)) emit({ event: `http:${fault}`, level: 'warn', ip, detail: { error, total } })
  }
}

/** TFTP on each of our addresses, for hosts of the lab's networks. Throws BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
export async function startTftp(
  { lab, network, emit, capacity, started }: PartContext,
  files: FileTree,
): Promise<void> {
  const { clock, settings } = lab
  const port = settings['tftp.port']
  const limits = { ...tftpLimits(settings), maxTransfers: capacity.transfers }
  const admits = (address: string) => lab.subnets.isOurs(address)
  const options = { network, clock, emit, files, port, admits, limits }
  for (const address of lab.subnets.addresses) {
    const server = new TftpServer({ ...options, address })
    await listening(() => server.start())
    started(server)
  }
}
