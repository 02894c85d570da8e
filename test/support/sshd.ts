import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { run } from '../../src/host/run.ts'
import { Program } from '../rig/program.ts'

/** A real sshd on loopback, with configuration, keys, port and mount namespace of its own. */
export class Sshd {
  readonly port: number
  readonly dir: string
  readonly #program: Program

  private constructor(dir: string, port: number, program: Program) {
    this.dir = dir
    this.port = port
    this.#program = program
  }

  /**
   * `dir` holds its files. `before`: shell commands that are run in its mount namespace first. `path` comes before the
   * PATH of the commands that it runs. `client` is a key that is allowed, `other` one that is not.
   */
  static async start(dir: string, { before = ':', path = '' } = {}): Promise<Sshd> {
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    for (const key of ['host', 'client', 'other']) {
      await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(dir, key)], { timeoutMs: 30_000 })
    }
    const port = await freePort()
    const read = (name: string): string => readFileSync(join(dir, name), 'utf8')
    writeFileSync(join(dir, 'authorized_keys'), read('client.pub'), { mode: 0o600 })
    writeFileSync(join(dir, 'known_hosts'), `[127.0.0.1]:${port} ${read('host.pub')}`)
    writeFileSync(
      join(dir, 'sshd_config'),
      `Port ${port}
ListenAddress 127.0.0.1
HostKey ${dir}/host
AuthorizedKeysFile ${dir}/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
SetEnv PATH=${path}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`,
    )
    const script = `set -e\n${before}\nexec /usr/sbin/sshd -D -e -f ${dir}/sshd_config`
    const program = new Program(['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', script], {
      name: 'sshd',
    })
    await program.transcript.waitFor(/Server listening/, 20_000)
    return new Sshd(dir, port, program)
  }

  get target() {
    return { user: 'root', host: '127.0.0.1', port: this.port }
  }

  /** The command of the client, without the configuration of the host. */
  ssh({ key = 'client', knownHosts = 'known_hosts' } = {}): string[] {
    const options = [
      `IdentityFile=${this.dir}/${key}`,
      'IdentitiesOnly=yes',
      `UserKnownHostsFile=${this.dir}/${knownHosts}`,
      'GlobalKnownHostsFile=none',
    ]
    return ['ssh', '-F', 'none', ...options.flatMap(option => ['-o', option])]
  }

  /** The number of connections so far. */
  get connections(): number {
    return this.#program.transcript.text.match(/Accepted publickey/g)?.length ?? 0
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
