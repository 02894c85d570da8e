import { output, Program, type ProgramOptions } from './program.ts'

/** The lab's network: the appliance is at `.1`. */
export const LAB = {
  bridge: 'br0',
  address: '192.168.77.1/24',
  server: '192.168.77.1',
  pool: '192.168.77.100-192.168.77.199',
} as const

/**
 * The first process of the lab's namespaces. /proc, /run, /var/lib/nfs and /ROOT of its own separate the daemons of
 * several labs and of the host. It ends when its standard input is closed, so that a lab never outlives the program
 * that opened it, and all other processes of the PID namespace end with it.
 */
const INIT = `
set -e
read pid rest < /proc/self/stat
mount -t proc proc /proc
for dir in /run /var/lib/nfs /ROOT; do mkdir -p $dir; mount -t tmpfs -o mode=755 lab $dir; done
mkdir -p /run/rpcbind /run/ganesha /run/dbus /run/netns /var/lib/nfs/ganesha
ip link set lo up
ip link add ${LAB.bridge} type bridge forward_delay 0 mcast_snooping 0
ip address add ${LAB.address} dev ${LAB.bridge}
ip link set ${LAB.bridge} up
echo "ready $pid"
exec 3<&0
cat <&3 >/dev/null &
wait $!
`

/**
 * A private network: a bridge with the appliance's address and the taps of machines, with PID and mount namespaces for
 * the daemons. Any number of labs can be open at the same time. Needs root.
 */
export class Lab {
  readonly #init: Program
  readonly #pid: string
  #taps = 0

  private constructor(init: Program, pid: string) {
    this.#init = init
    this.#pid = pid
  }

  static async open(): Promise<Lab> {
    if (process.getuid?.() !== 0)
      throw new Error('a lab is made of namespaces, which takes root: run this as root')
    // Not private: the copy inside would keep a file system busy that is unmounted outside.
    const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'slave']
    const init = new Program(['unshare', ...flags, 'sh', '-c', INIT], { name: 'lab' })
    const [, pid] = await init.transcript.waitFor(/^ready (\d+)$/m, 20_000)
    return new Lab(init, pid!)
  }

  /** The argument vector that runs `argv` inside. */
  argv(argv: string[]): string[] {
    return [
      'nsenter',
      '--target',
      this.#pid,
      '--net',
      '--mount',
      '--pid',
      `--wd=${process.cwd()}`,
      '--',
      ...argv,
    ]
  }

  /** Runs a program inside to its end. Resolves with what it printed; rejects unless its status is 0. */
  run(argv: string[], options: ProgramOptions = {}): Promise<string> {
    return output(this.argv(argv), { name: argv[0]!, ...options })
  }

  /** Starts a program inside. */
  start(argv: string[], options: ProgramOptions = {}): Program {
    return new Program(this.argv(argv), { name: argv[0]!, ...options })
  }

  /** Makes a tap on the bridge for a machine; resolves with its name. */
  async tap(): Promise<string> {
    const name = `tap${this.#taps++}`
    await this.run(['ip', 'tuntap', 'add', name, 'mode', 'tap'])
    await this.run(['ip', 'link', 'set', name, 'master', LAB.bridge, 'up'])
    return name
  }

  /**
   * Adds a second host to the bridge: a network namespace `name` with one address. Resolves with the words that make
   * a command run there, put before it in `run` and `start`.
   */
  async station(name: string, address: string): Promise<string[]> {
    const inside = ['ip', '-n', name]
    await this.run(['ip', 'netns', 'add', name])
    await this.run(['ip', 'link', 'add', `v-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name])
    await this.run(['ip', 'link', 'set', `v-${name}`, 'master', LAB.bridge, 'up'])
    await this.run([...inside, 'address', 'add', address, 'dev', 'eth0'])
    await this.run([...inside, 'link', 'set', 'eth0', 'up'])
    return ['ip', 'netns', 'exec', name]
  }

  /** Ends every process inside; the namespaces go with them. */
  async close(): Promise<void> {
    await this.#init.stop(0)
  }
}
