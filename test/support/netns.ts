import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'
import { shellWord } from '../../src/host/shell-word.ts'

/**
 * Shell commands that set up a lab inside new namespaces: an interface with 10.9.0.1/24, and directories of its own for
 * the sockets and state of rpcbind and NFS servers, so that tests do not affect each other.
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
 * Runs `script` once for each list of arguments, one after the other, each in a process of its own, in one set of
 * network, mount and PID namespaces; all processes in them end with the last one. Resolves with the JSON that each
 * printed. Needs root.
 */
export async function inLab<T>(script: URL, phases: string[][]): Promise<T[]> {
  const node = process.execPath
  const runs = phases.map(args => [node, fileURLToPath(script), ...args].map(shellWord).join(' '))
  const namespaces = ['--net', '--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child']
  const argv = ['unshare', ...namespaces, '--mount-proc', 'sh', '-c', [LAB, ...runs].join('\n')]
  const { stdout } = await run(argv, { timeoutMs: 120_000 })
  return stdout.split('\n').map(line => JSON.parse(line) as T)
}
