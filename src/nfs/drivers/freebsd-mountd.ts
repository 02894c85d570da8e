import { BeError } from '../../errors/errors.ts'
import type { Host } from '../../host/host.ts'
import { hasFlag, type RcSettings, rcProblems } from './freebsd-rc.ts'

const TIMEOUT_MS = 20_000
/** service(8) waits for a daemon to end. */
const SERVICE_MS = 60_000
const SYSLOG = '/var/log/messages'
/** Lines of syslog that an error quotes at most. */
const QUOTED = 3

/** mountd, nfsd and rpcbind of a FreeBSD host, as ps(1), service(8) and syslog show them. */
export class Mountd {
  readonly #host: Host
  /** Where in syslog the last reload begins. */
  #since = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** Argument vectors of the processes of that system itself, where ps(1) is one: a jail may have a mountd too. */
  async #processes(): Promise<string[][]> {
    const argv = ['ps', '-axww', '-o', 'jid=', '-o', 'command=']
    const { stdout } = await this.#host.run(argv, { timeoutMs: TIMEOUT_MS })
    const all = stdout.split('\n').map(line => line.trim().split(/\s+/))
    const own = all.find(([, ...logMessages]) => logMessages.join(' ') === argv.join(' '))?.[0]
    return all.filter(([jail]) => jail === own).map(([, ...words]) => words)
  }

  /** The files that the running mountd was started with, among its other words; undefined when none runs. */
  async commandLine(): Promise<string[] | undefined> {
    return (await this.#processes()).find(argv => nameOf(argv) === 'mountd')
  }

  /**
   * Throws BE_NFSD_SETUP unless everything runs that a machine needs, with the lines that set it up. Answers
   * what is no reason to stop.
   */
  async check(rc: RcSettings): Promise<string[]> {
    const names = new Set((await this.#processes()).map(nameOf))
    const down = ['rpcbind', 'nfsd'].filter(name => !names.has(name))
    const problems = rcProblems(rc)
    const fixes = problems.map(({ fix }) => fix)
    if (down.length > 0 || problems.some(({ fix }) => !fix.endsWith('_enable=YES'))) {
      const what = [...down.map(name => `${name} does not run`), ...problems.map(({ what }) => what)]
      throw setup(this.#host, what, fixes)
    }
    if ((await this.#host.readIfThere('/etc/exports')) === undefined) {
      throw new BeError(
        'BE_EXPORTS_MISSING',
        `${this.#host.name} has no /etc/exports: mountd does not start`,
        {
          hint: 'touch /etc/exports',
          exit: 'config',
        },
      )
    }
    const told: string[] = []
    if (fixes.length > 0)
      told.push(`not there after the next boot of ${this.#host.name}: sysrc ${fixes.join(' ')}`)
    if (!hasFlag(rc.get('nfs_server_flags') ?? '', 'u')) {
      told.push(
        'nfsd does not serve UDP, which loaders read by: sysrc nfs_server_flags="-u -t" && service nfsd restart',
      )
    }
    return told
  }

  /** `onereload`, `onerestart`, `onestart` or `onestop`; what syslog says from now on is about that. */
  async service(action: string): Promise<void> {
    this.#since = await this.#syslogSize()
    await this.#host.run(['service', 'mountd', action], { timeoutMs: SERVICE_MS })
  }

  /** What mountd has said since the last reload: of this path, else the first of all. */
  async words(path: string): Promise<string> {
    const from = (await this.#syslogSize()) >= this.#since ? this.#since : 0 // rotated meanwhile
    const { stdout } = await this.#host.run(['tail', '-c', `+${from + 1}`, SYSLOG], { timeoutMs: TIMEOUT_MS })
    const said = stdout.split('\n').flatMap(line => /\bmountd\[\d+\]: (.*)$/.exec(line)?.[1]?.trim() ?? [])
    const about = said.filter(text => text.includes(path))
    return [...new Set(about.length > 0 ? about : said)].slice(0, QUOTED).join('; ')
  }

  /** 0 where syslog writes elsewhere. */
  async #syslogSize(): Promise<number> {
    const counted = await this.#host.run(['wc', '-c', SYSLOG], { timeoutMs: TIMEOUT_MS }).catch(error => {
      if ((error as BeError).code === 'BE_PROGRAM_FAILED') return { stdout: '0' }
      throw error
    })
    return Number.parseInt(counted.stdout.trim(), 10) || 0
  }
}

/** `/usr/sbin/mountd -r`, `nfsd: master (nfsd)`. */
const nameOf = (argv: string[]): string => argv[0]!.slice(argv[0]!.lastIndexOf('/') + 1).replace(/:$/, '')

function setup({ name }: Host, what: string[], fixes: string[]): BeError {
  const sysrc = fixes.length === 0 ? '' : `sysrc ${[...new Set(fixes)].join(' ')} && `
  return new BeError('BE_NFSD_SETUP', `${name} does not serve NFS as machines need it: ${what.join(', ')}`, {
    hint: `${sysrc}service nfsd restart`,
    exit: 'unavailable',
  })
}
