import { mkdirSync } from 'node:fs'
import { run } from '../src/host/run.ts'
import { mountCgroups } from './cgroup.ts'

/**
 * Two network namespaces joined by a veth pair: servers here, clients in `clients`. The pool's addresses are
 * all the clients' own, so that one process can be many machines.
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

/** To be run as first process of fresh network, mount and PID namespaces: all ends with them. */
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

/** The words that, put before a command, make it run where the clients are. */
export const IN_CLIENTS = ['nsenter', '--net=/run/netns/clients', '--']
