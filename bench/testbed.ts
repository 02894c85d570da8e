import { mkdirSync } from 'node:fs'
import { run } from '../src/host/run.ts'
import { mountCgroups } from './cgroup.ts'

/**
 * Two network namespaces joined by a veth pair: the servers' and `clients`. All addresses of the pool are local in
 * `clients`, so that one process can act as many machines.
 */
export const TESTBED = {
  interface: 'lab0',
  server: '10.64.0.1',
  client: '10.64.0.2',
  prefix: 12,
  network: '10.64.0.0',
  netmask: '255.240.0.0',
  pool: ['10.72.0.1', '10.79.255.0'],
  machines: '10.72.0.0/13',
} as const

/** Sets both up. To be called by the first process of new network, mount and PID namespaces, with which all ends. */
export async function setUpTestbed(): Promise<void> {
  await sh('ip', 'link', 'set', 'lo', 'up')
  await sh('mount', '-t', 'tmpfs', 'tmpfs', '/run')
  mkdirSync('/run/netns')
  await mountCgroups()
  await sh('ip', 'netns', 'add', 'clients')
  const { interface: lab0, server, client, prefix, machines } = TESTBED
  await sh('ip', 'link', 'add', lab0, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'clients')
  await sh('ip', 'address', 'add', `${server}/${prefix}`, 'brd', '+', 'dev', lab0)
  await sh('ip', 'link', 'set', lab0, 'up')
  const inside = ['ip', '-n', 'clients']
  await sh(...inside, 'link', 'set', 'lo', 'up')
  await sh(...inside, 'address', 'add', `${client}/${prefix}`, 'brd', '+', 'dev', 'eth0')
  await sh(...inside, 'link', 'set', 'eth0', 'up')
  await sh(...inside, 'route', 'add', 'local', machines, 'dev', 'eth0')
}

const sh = (...argv: string[]) => run(argv, { timeoutMs: 10_000 })

/** The words before a command that make it run in the clients' namespace. */
export const IN_CLIENTS = ['nsenter', '--net=/run/netns/clients', '--']
