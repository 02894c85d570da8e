import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'

/**
 * Shell commands that make a private lab inside new namespaces: a lab interface with 10.9.0.1/24, and own
 * directories where rpcbind and NFS servers keep their sockets and state, so that no two tests meet.
 */
const LAB = [
  'set -e',
  'ip link set lo up',
  'ip link add lab0 type veth peer name lab1',
  'ip address add 10.9.0.1/24 dev lab0',
  'ip address add 10.9.0.2/24 dev lab0',
  'ip link set lab0 up',
  'ip link set lab1 up',
  'mount -t tmpfs tmpfs /run',
  'mount -t tmpfs tmpfs /var/lib/nfs',
].join('\n')

/**
 * Runs scripts of the test tree one after the other, each in a process of its own, inside one set of
 * network, mount and process namespaces; all processes in it end with them. Returns what each printed, as
 * JSON. Needs root.
 */
export async function inLab<T>(script: URL, phases: string[][]): Promise<T[]> {
  const node = process.execPath
  const runs = phases.map(args => [node, fileURLToPath(script), ...args].map(quoted).join(' '))
  const namespaces = ['--net', '--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child']
  const argv = ['unshare', ...namespaces, '--mount-proc', 'sh', '-c', [LAB, ...runs].join('\n')]
  const { stdout } = await run(argv, { timeoutMs: 120_000 })
  return stdout.split('\n').map(line => JSON.parse(line) as T)
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
