import { OPTION } from '../../src/dhcp/options/codes.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { get } from '../../test/tftp/client.ts'
import { TESTBED } from '../testbed.ts'
import { DhcpClients } from './dhcp-client.ts'

/**
 * A program: boots this many machines at the same moment. Each behaves like OVMF and then FreeBSD's loader: DHCP, a size
 * probe and the loader by TFTP, DHCP again. Prints the seconds that each took, as JSON.
 */
const machines = Number(process.argv[2])

const FIRMWARE: [number, Buffer][] = [
  [OPTION.maxMessageSize, Buffer.of(0x05, 0xc0)],
  [OPTION.parameterList, Buffer.of(1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 28, 43, 54, 60, 66, 67, 97, 128, 129)],
  [OPTION.machineId, Buffer.alloc(17, 7).fill(0, 0, 1)],
  [OPTION.architecture, Buffer.of(0, 7)],
  [OPTION.vendorClass, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
]

const LOADER: [number, Buffer][] = [
  [OPTION.userClass, Buffer.from('\x07FreeBSD', 'latin1')],
  [OPTION.vendorClass, Buffer.from('PXEClient')],
  [OPTION.parameterList, Buffer.of(17, 12, 16, 3, 1, 26, 54)],
]

const dhcp = await DhcpClients.open(nodeNetwork, nodeClock, TESTBED.client)

async function boot(machine: number): Promise<number> {
  const began = performance.now()
  const chaddr = Buffer.of(0x52, 0x54, 0, 0x99, machine >> 8, machine & 255)
  const address = await dhcp.lease(chaddr, 0x1000 + machine, FIRMWARE)
  const fetch = {
    ...{ network: nodeNetwork, clock: nodeClock, server: { address: TESTBED.server, port: 69 } },
    ...{ address, file: 'loader.efi', patienceMs: 4000 },
  }
  const window: [string, string][] = [
    ['blksize', '1468'],
    ['windowsize', '4'],
  ]
  const probe = { code: 8, message: 'User aborted the transfer' }
  await get({ ...fetch, options: [['tsize', '0'], ...window], probe })
  await get({ ...fetch, options: window })
  await dhcp.lease(chaddr, 1, LOADER)
  return (performance.now() - began) / 1000
}

const seconds = await Promise.all(Array.from({ length: machines }, (_, machine) => boot(machine)))
process.stdout.write(JSON.stringify(seconds), () => process.exit())
