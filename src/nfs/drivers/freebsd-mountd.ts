import { BeError } from '../../errors/errors.ts'
import type { Host } from '../../host/host.ts'
import { hasFlag, type RcSettings, rcProblems } from './freebsd-rc.ts'
import { quoteLog } from './quote-log.ts'

const TIMEOUT_MS = 20_000
/** Longer, because service(8) waits until a daemon has ended. */
const SERVICE_MS = 60_000
/** The oldest version of NFS that the kernel serves. */
const MIN_VERSION = 'vfs.nfsd.server_min_nfsvers'
const SYSLOG = '/var/log/messages'

/** mountd, nfsd and rpcbind of a FreeBSD host, by ps(1), service(8) and syslog. */
export class Mountd {
  readonly #host: Host
  /** Size of syslog, in bytes, at the last reload. */
  #since = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** Argument vectors of the processes outside of jails, that is in the jail id of ps(1) itself. */
  async #processes(): Promise<string[][]> {
    const argv = ['ps', '-axww', '-o', 'jid=', '-o', 'command=']
    const { stdout } = await this.#host.run(argv, { timeoutMs: TIMEOUT_MS })
    const all = stdout.split('\n').map(line => line.trim().split(/\s+/))
    const own = all.find(([, ...command]) => command.join(' ') === argv.join(' '))?.[0]
    return all.filter(([jail]) => jail === own).map(([, ...command]) => command)
  }

  /** The argument vector of the running mountd, with its exports files; undefined when none runs. */
  async commandLine(): Promise<string[] | undefined> {
    return (await this.#processes()).find(argv => nameOf(argv) === 'mountd')
  }

  /**
   * Throws BE_NFSD_SETUP, with the commands for it, unless everything runs that a machine needs, and
   * BE_EXPORTS_MISSING. Returns warnings.
   */
  async check(rc: RcSettings): Promise<string[]> {
    const processes = await this.#processes()
    const names = new Set(processes.map(nameOf))
    const down = ['rpcbind', 'nfsd'].filter(name => !names.has(name))
    const problems = rcProblems(rc)
    const fixes = problems.map(({ fix }) => fix)
    const left = await this.#leftByV4(processes)
    if (down.length + left.length > 0 || problems.some(({ fix }) => !fix.endsWith('_enable=YES'))) {
      const what = [
        ...down.map(name => `${name} does not run`),
        ...[...problems, ...left].map(({ what }) => what),
      ]
      throw setup(
        this.#host,
        what,
        fixes,
        left.map(({ command }) => command),
      )
    }
    if ((await this.#host.readIfThere('/etc/exports')) === undefined) {
      throw new BeError(
        'BE_EXPORTS_MISSING',
        `${this.#host.name} has no /etc/exports: mountd does not start`,
        {
          hint: 'touch /etc/exports',
        },
      )
    }
    const warnings: string[] = []
    if (fixes.length > 0)
      warnings.push(`not there after the next boot of ${this.#host.name}: sysrc ${fixes.join(' ')}`)
    if (!hasFlag(rc.get('nfs_server_flags') ?? '', 'u')) {
      warnings.push(
        'nfsd does not serve UDP, which loaders read by: sysrc nfs_server_flags="-u -t" && service nfsd restart',
      )
    }
    return warnings
  }

  /**
   * What nfsv4_server_only=YES has left behind, which rc.conf(5) says nothing of any more: rc.d/nfsd sets the least version
   * and never sets it back, mountd keeps its -R until it is started again.
   */
  async #leftByV4(processes: readonly string[][]): Promise<{ what: string; command: string }[]> {
    const least = await this.#host
      .run(['sysctl', '-n', MIN_VERSION], { timeoutMs: TIMEOUT_MS })
      .then(({ stdout }) => Number.parseInt(stdout, 10))
      .catch(() => 2) // nfsd is not loaded
    const mountd = processes.find(argv => nameOf(argv) === 'mountd')
    return [
      ...(least > 3
        ? [{ what: `${MIN_VERSION} is ${least}: NFSv3 is off`, command: `sysctl ${MIN_VERSION}=2` }]
        : []),
      ...(mountd?.some(word => /^-\w*R/.test(word))
        ? [{ what: 'mountd runs with -R, NFSv4 only', command: 'service mountd restart' }]
        : []),
    ]
  }

  /** `action`: `onereload`, `onerestart`, `onestart` or `onestop`. */
  async service(action: string): Promise<void> {
    this.#since = await this.#syslogSize()
    await this.#host.run(['service', 'mountd', action], { timeoutMs: SERVICE_MS })
  }

  /** What mountd has logged since the last reload, about this path if anything; all of it for `''`. */
  async logMessages(path: string): Promise<string> {
    const from = (await this.#syslogSize()) >= this.#since ? this.#since : 0 // rotated meanwhile
    const { stdout } = await this.#host.run(['tail', '-c', `+${from + 1}`, SYSLOG], { timeoutMs: TIMEOUT_MS })
    const messages = stdout
      .split('\n')
      .flatMap(line => /\bmountd\[\d+\]: (.*)$/.exec(line)?.[1]?.trim() ?? [])
    return quoteLog(messages, path)
  }

  /** In bytes; 0 where there is no such file. */
  async #syslogSize(): Promise<number> {
    const counted = await this.#host.run(['wc', '-c', SYSLOG], { timeoutMs: TIMEOUT_MS }).catch(error => {
      if ((error as BeError).code === 'BE_PROGRAM_FAILED') return { stdout: '0' }
      throw error
    })
    return Number.parseInt(counted.stdout.trim(), 10) || 0
  }
}

/** The program's name: `mountd` of `/usr/sbin/mountd -r`, `nfsd` of `nfsd: master (nfsd)`. */
const nameOf = (argv: string[]): string => argv[0]!.slice(argv[0]!.lastIndexOf('/') + 1).replace(/:$/, '')

/** `fixes`: assignments for sysrc(8); `commands`: others, of which those for mountd come last: it registers with nfsd. */
function setup({ name }: Host, what: string[], fixes: string[], commands: string[]): BeError {
  const [mountd, before] = [true, false].map(last =>
    commands.filter(command => /mountd/.test(command) === last),
  )
  const sysrc = fixes.length === 0 ? [] : [`sysrc ${[...new Set(fixes)].join(' ')}`]
  return new BeError('BE_NFSD_SETUP', `${name} does not serve NFS as machines need it: ${what.join(', ')}`, {
    hint: [...sysrc, ...before!, 'service nfsd restart', ...mountd!].join(' && '),
  })
}
