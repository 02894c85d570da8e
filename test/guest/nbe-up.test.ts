import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import type { Listener } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import type { Session } from '../../src/serve/boots/tracker.ts'
import { CallBackHandler } from '../../src/serve/call-back.ts'
import { applyRecord } from '../../src/session/boots.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { GuestCommandTable } from '../../src/state/guest-command-table.ts'
import { ensurePackages } from '../support/packages.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { oldShFaults } from './old-sh.ts'

const GUEST = resolve(import.meta.dirname, '../../guest')
const SCRIPT = join(GUEST, 'nbe-up')
const TOKEN = 'abcdefghijklmnopqrstuv'
const TOOLS = ['cat', 'dd', 'head', 'mkdir', 'mkfifo', 'mount', 'od', 'rm', 'sleep', 'tr', 'uname', 'wc']

/** fetch(1) of FreeBSD, as far as it is used; fails with other arguments. */
const FETCH = `#!/bin/sh
[ "$#" = 6 ] && [ "$1" = -q ] && [ "$2" = -T ] && [ "$4" = -o ] && [ "$5" = - ] || exit 64
exec /bin/busybox wget -q -O - "$6"
`

/** Kinds of systems: the shell that runs the script, and the only programs in PATH. */
const SYSTEMS: { name: string; shell: string[]; programs: string[]; applets?: boolean; kenv?: boolean }[] = [
  { name: 'busybox', shell: ['/bin/busybox', 'ash'], programs: [], applets: true },
  { name: 'dash and curl', shell: ['/bin/dash'], programs: ['curl', 'setsid', 'dash', ...TOOLS] },
  { name: 'dash and wget', shell: ['/bin/dash'], programs: ['wget', 'setsid', 'dash', ...TOOLS] },
  { name: 'kenv and fetch, as on FreeBSD', shell: ['/bin/dash'], programs: ['dash', ...TOOLS], kenv: true },
  { name: 'mksh and curl', shell: ['/bin/mksh'], programs: ['curl', 'printf', 'setsid', ...TOOLS] },
  { name: 'bash --posix and wget', shell: ['/bin/bash', '--posix'], programs: ['wget', 'setsid', ...TOOLS] },
]

describe('guest/nbe-up', function () {
  this.timeout(60_000)
  const tmp = temporaryDirectory()
  let db: Database
  let guestCommands: GuestCommandTable
  let events: SessionEvent[]
  let listener: Listener | undefined
  let port: number
  let requests: number
  /** When the boot began. */
  let began: number
  /** Heartbeats so far. */
  let beats: number
  /** What each heartbeat calls. */
  let onBeat: () => void

  before(() => ensurePackages(['busybox-static', 'curl', 'dash', 'mksh', 'shellcheck', 'wget']))

  beforeEach(async () => {
    db = openDatabase(join(tmp.path, 'state'))
    guestCommands = new GuestCommandTable(db)
    events = []
    requests = 0
    beats = 0
    began = nodeClock.now()
    onBeat = () => {}
    await listen(0)
  })
  afterEach(async () => {
    await listener?.close()
    db.close()
  })

  async function listen(at: number): Promise<void> {
    const time = new Date(began).toISOString()
    const boot = applyRecord(undefined, { time, event: 'dhcp:discover', stage: 'firmware', mac: 'm' })!
    Object.assign(boot, { be: 'fb14', addresses: ['127.0.0.1'] })
    const session: Session = {
      machine: 'm',
      token: TOKEN,
      boot,
      since: nodeClock.monotonic(),
      renewed: nodeClock.monotonic(),
      known: true,
      dirty: false,
      stored: true,
    }
    const emit = (event: SessionEvent) => {
      events.push(event)
      applyRecord(boot, { time: new Date().toISOString(), ...event })
    }
    const beat = () => {
      beats++
      onBeat()
    }
    const boots = { session: (token: string) => (token === TOKEN ? session : undefined), beat }
    const callBack = new CallBackHandler({ clock: nodeClock, emit, boots, guestCommands, heartbeat: () => 1 })
    const handler = callBack.handler(async () => ({ status: 404, headers: {} }))
    listener = await nodeNetwork.http({ address: '127.0.0.1', port: at }, request => {
      requests++
      return handler(request)
    })
    port = listener.local.port
  }

  const ask = (command: string, seconds = 30): number =>
    guestCommands.put({ machine: 'm', be: 'fb14', command, seconds, asked: began })

  /** The environment of a system; `byUs`: with the variables of a boot from this server. */
  function environment(system: (typeof SYSTEMS)[number], byUs: boolean): Record<string, string> {
    const bin = join(tmp.path, 'bin')
    mkdirSync(bin)
    const add = (name: string, target: string) => symlinkSync(target, join(bin, name))
    const program = (name: string, text: string) => {
      writeFileSync(join(bin, name), text)
      chmodSync(join(bin, name), 0o755)
    }
    for (const name of system.programs) add(name, execFileSync('which', [name], { encoding: 'utf8' }).trim())
    if (system.applets) {
      const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')
      for (const applet of applets) add(applet, '/bin/busybox')
    } else add('sh', system.shell[0]!)
    const variables = { 'nbe.url': `http://127.0.0.1:${port}/s`, 'nbe.session': TOKEN }
    const pairs = byUs ? Object.entries(variables) : []
    writeFileSync(join(tmp.path, 'cmdline'), `quiet ${pairs.map(pair => pair.join('=')).join(' ')} ro`)
    if (system.kenv) {
      const cases = pairs.map(([name, value]) => `${name}) echo "${value}" ;;`).join(' ')
      program('kenv', `#!/bin/sh\n[ "$1" = -q ] || exit 64\ncase $2 in ${cases} *) exit 1 ;; esac\n`)
      program('fetch', FETCH)
    }
    return {
      PATH: bin,
      NBE_CMDLINE: join(tmp.path, 'cmdline'),
      NBE_CONSOLE: join(tmp.path, 'console'),
      NBE_PATIENCE: '8',
      NBE_RUN: `${tmp.path}/none ${tmp.path}`,
      http_proxy: 'http://127.0.0.1:9',
    }
  }

  /** Runs the script to its end and answers its exit status. When that is 0 its stderr has to be empty. */
  async function run(system: (typeof SYSTEMS)[number], byUs = true): Promise<number | undefined> {
    const [file, ...args] = system.shell
    const env = environment(system, byUs)
    const { exitCode, stderr } = await execa(file!, [...args, SCRIPT], {
      env,
      extendEnv: false,
      reject: false,
    })
    if (exitCode === 0) assert.equal(stderr, '')
    return exitCode
  }

  const up = () => events.find(({ event }) => event === 'os:up')

  it('has nothing that an old sh(1) refuses', () => {
    assert.deepEqual(oldShFaults(readFileSync(SCRIPT, 'utf8')), [])
  })

  it('that is noticed', () => {
    const refused = [
      ...['y%%\n*', 'y%" "*', "y#'a'", 'y:1:2', 'y/a/b', 'y^', '#y[@]'].map(words => `x=\${${words}}`),
      ...['f() { local x; }', '\tlocal x=1', 'typeset x', "x=$'a'", '[[ -n $x ]]', 'x=(a b)', 'x+=a'],
      ...['function f {', 'cat <<<"$x"', 'cat <(ls)', 'ls &>/dev/null', 'ls |& cat', '(( x > 1 )) && ls'],
      ...['x=$((x++))', 'printf %q "$x"', "printf '%q' x", 'echo -n x', 'read -t 5 x', 'source ./x'],
      ...['[ "$x" == y ]', 'ls {a,b}', 'set -o pipefail', "trap 'x' SIGTERM"],
    ]
    for (const line of refused) assert.notDeepEqual(oldShFaults(`a=1\n${line}\n`), [], line)
  })

  it('passes shellcheck, and so does the rc script of FreeBSD', async () => {
    for (const script of [SCRIPT, join(GUEST, 'freebsd/nbe_up')]) {
      const { stdout } = await execa('shellcheck', ['-s', 'sh', script], { reject: false })
      assert.equal(stdout, '')
    }
  })

  for (const system of SYSTEMS) {
    describe(system.name, () => {
      it('reports its uname and root, without the proxy that is set', async () => {
        assert.equal(await run(system), 0)
        const { uname, root } = up()?.detail ?? {}
        assert.equal(uname, execFileSync('uname', ['-a'], { encoding: 'utf8' }).trim())
        const mounted = execFileSync('awk', ['$2 == "/" {print $1, $3}', '/proc/mounts'], {
          encoding: 'utf8',
        })
        assert.equal(root, mounted.trim().split('\n').at(-1))
      })

      it('runs commands one after the other, and reports exit status and every byte of output', async () => {
        const first = ask('printf \'a\\0b\'; echo "it is" >&2; exit 7')
        const second = ask('head -c 10000 /bin/busybox; kill -9 $$')
        assert.equal(await run(system), 0)
        assert.equal(guestCommands.get(first)?.status, 7)
        assert.deepEqual(guestCommands.output(first), Buffer.from('a\0bit is\n'))
        assert.equal(guestCommands.get(second)?.status, 137)
        const expected = execFileSync('head', ['-c', '10000', '/bin/busybox'])
        assert.ok(guestCommands.output(second).equals(expected), 'pieces in order')
      })

      it('ends one that takes too long, and does not wait for processes that it leaves running', async () => {
        const slow = ask('echo begun; sleep 600; echo never', 1)
        const daemon = ask('sleep 8 & echo started')
        assert.equal(await run(system), 0)
        assert.equal(guestCommands.get(slow)?.status, 124)
        // What mksh itself says of a signal is output too.
        assert.match(guestCommands.output(slow).toString(), /^begun\n(Terminated *\n)?$/)
        assert.equal(guestCommands.get(daemon)?.status, 0)
        assert.equal(guestCommands.output(daemon).toString(), 'started\n')
      })

      it('does nothing on a system that was booted in another way', async () => {
        assert.equal(await run(system, false), 0)
        assert.equal(requests, 0)
      })

      for (const [signal, told] of [
        ['SIGTERM', 1],
        ['SIGHUP', 0],
      ] as const) {
        it(`stays and reports that it runs, until ${signal}, and then ${told ? '' : 'not '}that it shuts down`, async () => {
          const [file, ...args] = system.shell
          const options = { env: environment(system, true), extendEnv: false, reject: false } as const
          const running = execa(file!, [...args, SCRIPT, 'stay'], options)
          await new Promise<void>(done => {
            onBeat = () => {
              if (beats === 2) done()
            }
          })
          assert.equal(up()?.detail?.beat, 1)
          const pid = Number(readFileSync(join(tmp.path, 'nbe-up.pid'), 'utf8'))
          assert.equal(pid, running.pid)
          process.kill(pid, signal)
          assert.equal((await running).exitCode, 0)
          assert.equal(events.filter(({ event }) => event === 'os:down').length, told)
        })
      }

      it('tries again while the server does not answer', async () => {
        await listener?.close()
        const running = run(system)
        await new Promise(done => setTimeout(done, 500))
        await listen(port)
        assert.equal(await running, 0)
        assert.ok(up())
      })
    })
  }

  it('reports 1 MiB of output at most', async () => {
    const id = ask('head -c 1500000 /dev/zero; echo end')
    assert.equal(await run(SYSTEMS[0]!), 0)
    assert.equal(guestCommands.output(id).length, 1 << 20)
    assert.equal(guestCommands.get(id)?.status, 0, 'the command itself is let end')
  })

  it('says on the console where it cannot report', async () => {
    const lines = () => readFileSync(join(tmp.path, 'console'), 'utf8')
    const without = { name: 'dash alone', shell: ['/bin/dash'], programs: ['cat', 'od', 'uname', 'mount'] }
    assert.equal(await run(without), 1)
    assert.equal(
      lines(),
      'nbe-up: cannot report to the boot server, as these are missing: dd sleep tr wc fetch/curl/wget\n',
    )
    assert.equal(requests, 0)
  })

  it('the rc script of FreeBSD says it where sh(1) cannot read it', () => {
    const rc = join(tmp.path, 'nbe_up')
    const script = join(tmp.path, 'script')
    const subr =
      'warn() { echo "$0: WARNING: $*" >&2; }\nload_rc_config() { :; }\nrun_rc_command() { nbe_up_start; }\n'
    writeFileSync(join(tmp.path, 'rc.subr'), subr)
    writeFileSync(join(tmp.path, 'daemon'), '#!/bin/sh\necho "started $*"\n', { mode: 0o755 })
    const text = readFileSync(join(GUEST, 'freebsd/nbe_up'), 'utf8')
      .replace('/etc/rc.subr', join(tmp.path, 'rc.subr'))
      .replace('/usr/local/libexec/nbe-up', script)
      .replace('/usr/sbin/daemon', join(tmp.path, 'daemon'))
    writeFileSync(rc, text)
    const start = () => spawnSync('/bin/dash', [rc, 'faststart'], { encoding: 'utf8' })
    writeFileSync(script, 'echo fine\n')
    assert.equal(start().stdout, `started -c -f ${script} stay\n`)
    writeFileSync(script, 'x=${y%\n')
    const { stderr, stdout, status } = start()
    assert.match(stderr, /WARNING: this system cannot report .*[Mm]issing/)
    assert.deepEqual([stdout, status], ['', 1])
  })

  it('gives up when the server refuses it', async () => {
    db.run('DELETE FROM errands')
    const env = environment(SYSTEMS[0]!, true)
    writeFileSync(env.NBE_CMDLINE!, `nbe.url=http://127.0.0.1:${port}/s nbe.session=${'x'.repeat(22)}\n`)
    const { exitCode } = await execa('/bin/busybox', ['ash', SCRIPT], {
      env,
      extendEnv: false,
      reject: false,
    })
    assert.equal(exitCode, 1)
    assert.equal(up(), undefined)
    assert.match(readFileSync(env.NBE_CONSOLE!, 'utf8'), /^nbe-up: no answer from http:/)
  })
})
