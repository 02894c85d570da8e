import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import type { Endpoint, UdpSocket } from '../../src/net/net.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import { listening, refuseOtherListener } from '../../src/serve/ports.ts'
import { beError } from '../support/errors.ts'

describe('serve/ports', () => {
  let held: UdpSocket
  let at: Endpoint

  /** A DHCP server of another program, with SO_REUSEADDR as usual. */
  beforeEach(async () => {
    held = await nodeNetwork.udp({ address: '0.0.0.0', port: 0, reuse: true })
    at = { address: '127.0.0.1', port: held.local.port }
  })
  afterEach(() => held.close())

  it('detects a server that shares its port: each would get half of the requests', async () => {
    const shared = await nodeNetwork.udp({ ...at, reuse: true })
    shared.close()
    await assert.rejects(
      refuseOtherListener(nodeNetwork, at, async () => []),
      beError('BE_PORT_TAKEN'),
    )
  })

  it('accepts one that is bound to another interface (libvirt has one on every host)', async () => {
    const bound = { address: '0.0.0.0', device: 'virbr0', program: 'dnsmasq (pid 94)' }
    await refuseOtherListener(nodeNetwork, at, async () => [bound])
    const here = { ...bound, device: 'lo' }
    await assert.rejects(
      refuseOtherListener(nodeNetwork, at, async () => [here]),
      beError('BE_PORT_TAKEN'),
    )
    const { device: _, ...everywhere } = bound
    await assert.rejects(
      refuseOtherListener(nodeNetwork, at, async () => [bound, everywhere]),
      beError('BE_PORT_TAKEN'),
    )
  })

  it('leaves a free port free', async () => {
    held.close()
    await refuseOtherListener(nodeNetwork, at)
    held = await nodeNetwork.udp(at)
  })

  it('names the program that has a taken port', async () => {
    const start = () => nodeNetwork.udp(at)
    // Of several ports, the program is looked up for the one that is taken.
    const users = async (protocol: string, port: number) =>
      protocol === 'udp' && port === at.port ? [{ address: '0.0.0.0', program: 'dhcpd (pid 7)' }] : []
    await assert.rejects(
      listening(start, users),
      beError('BE_PORT_TAKEN', /in use by dhcpd \(pid 7\); stop it/),
    )
    await assert.rejects(
      listening(start, async () => []),
      beError('BE_PORT_TAKEN', /by another program/),
    )
  })

  it('does not change other errors', async () => {
    const other = new BeError('BE_PORT_PERMISSION', 'no')
    const start = () => Promise.reject(other)
    await assert.rejects(listening(start), other)
  })
})
