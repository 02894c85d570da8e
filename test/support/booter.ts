/**
 * A program: a machine on the real network, `booter.ts MAC ADDRESS STAGE [PIDFILE]`. It boots like OVMF and FreeBSD's
 * loader up to STAGE (`asked`, `file`, `loader`, `disk`: no file, then an installed system), prints the variables of its
 * kernel as JSON, and at the end kills the process in PIDFILE (SIGKILL).
 */
import { readFileSync } from 'node:fs'
import type { UdpOptions } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import type { SimNetwork } from '../../src/net/sim/network.ts'
import { freebsdLoader, INSTALLED, LOADER, OVMF, SimMachine } from '../simulated/clients.ts'

const [mac = '', address = '', stage = 'loader', pidFile] = process.argv.slice(2)

/** Sends to the broadcast address of the subnet: there is no route for 255.255.255.255. */
async function udp(options: UdpOptions) {
  const socket = await nodeNetwork.udp(options)
  const send: typeof socket.send = (data, to) =>
    socket.send(data, to && { ...to, address: to.address.replace('255.255.255.255', '192.168.77.255') })
  return { ...socket, send }
}

const host = { ...nodeNetwork, udp, clock: nodeClock, address }
const machine = new SimMachine({ host: () => host } as unknown as SimNetwork, mac)

const ack = await machine.dhcp(OVMF)
if (stage === 'file' || stage === 'loader') await machine.ovmfFetch(ack.siaddr, ack.file)
const variables = stage === 'loader' ? await freebsdLoader(machine, LOADER) : new Map()
if (stage === 'disk') await machine.dhcp(INSTALLED)
if (pidFile !== undefined) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
console.log(JSON.stringify(Object.fromEntries(variables)))
process.exit(0)
