import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine } from '../support/command-line.ts'
import { smallTree } from '../support/small-tree.ts'
import { until } from '../support/until.ts'

/** A command in the tree that shows its surroundings. */
const WHERE = 'cat /etc/os-release; hostname; grep -c . /proc/mounts; echo x > /dev/null && echo dev'

/** Lists processes in trees, and those that keep namespaces. */
const PROCESSES = `for p in /proc/[0-9]*; do readlink $p/exe; done 2>/dev/null | grep -E 'busybox|unshare|sleep' || :`

describe('be jail, chroot, unjail, boot: on Linux', () => {
  let lab: Lab
  let cli: CommandLine
  let trees: string
  let mounts: string

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab)
    trees = mkdtempSync(join(tmpdir(), 'nbe-trees-'))
    mkdirSync(join(trees, 'small'))
    await smallTree(join(trees, 'small'))
    await lab.run(['cp', '-a', join(trees, 'small'), '/ROOT/r14.1'])
    mounts = await mountInfo()
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
    rmSync(trees, { recursive: true, force: true })
  })

  /** Mounts at and below /ROOT only; others are not ours. */
  const mountInfo = () => lab.run(['grep', ' /ROOT', '/proc/self/mountinfo'])

  /** The mounts are as before, and no process in a tree is left; waits a moment for processes that were killed. */
  async function nothingLeft(): Promise<void> {
    const left = () => lab.run(['sh', '-c', PROCESSES])
    await until(async () => (await left()) === '')
    assert.equal(await mountInfo(), mounts)
  }

  /** Runs the check with each way to run a command in a tree. */
  async function each(check: (...verb: string[]) => Promise<void>): Promise<void> {
    for (const verb of ['jail', 'chroot']) {
      await check(verb)
      await nothingLeft()
    }
    await check('boot', '--on', 'jail')
    await check('boot', '--on', 'chroot')
    await nothingLeft()
  }

  /** Starts a command that prints `up` and its pid in the tree, and waits for that. */
  async function started(...args: string[]): Promise<Program & { pid: string }> {
    const program = cli.start(...args)
    const [, pid] = await program.transcript.waitFor(/^up (\d+)$/m, 20_000)
    return Object.assign(program, { pid: pid! })
  }

  it('passes on every exit status, those that be has too, and the output', async () => {
    await each(async (...verb) => {
      for (const status of [0, 75, 125, 255]) {
        const ended = await cli.be(
          ...verb,
          'r14.1',
          '--',
          'sh',
          '-c',
          `echo out; echo err >&2; exit ${status}`,
        )
        assert.deepEqual(ended, { status, out: 'out\n', err: 'err\n' }, verb.join(' '))
      }
    })
  }).timeout(90_000)

  it('a command that was ended by a signal: 128 plus its number', async () => {
    await each(async (...verb) => {
      const ended = await cli.be(...verb, 'r14.1', '--', 'sh', '-c', 'kill -KILL $$')
      assert.equal(ended.status, 137)
    })
  })

  it('options of a command are passed to it, with and without -- before it', async () => {
    const command = ['sh', '-c', 'echo "$0 $*"; exit 3', '-n', '--json', '-c', 'x', '--lab-pool']
    await each(async (...verb) => {
      const { status, out } = await cli.be(...verb, 'r14.1', ...command)
      assert.deepEqual([status, out], [3, '-n --json -c x --lab-pool\n'])
    })
    const given = ['jail', '-o', 'host.hostname=a', 'r14.1', '-n', 'hostname', '-n']
    assert.match(await cli.done(...given), / a hostname \\\n {2}-n\n$/)
    const { out } = await cli.be('boot', 'r14.1', '--timeout', '20', '--on', 'jail', 'echo', '--on', '-m')
    assert.equal(out, '--on -m\n')
  }).timeout(60_000)

  it('the command has the standard input of be, and its arguments unchanged', async () => {
    const words = ['a b', '', "it's", '$HOME', '*', '--', '-n', '-U']
    await each(async (...verb) => {
      const out = await cli.done(...verb, 'r14.1', '--', 'printf', '[%s]', ...words)
      assert.equal(out, words.map(word => `[${word}]`).join(''))
    })
    const { out } = await cli.shell('echo typed | be chroot r14.1 cat; echo exit 9 | be jail r14.1; echo $?')
    assert.equal(out, 'typed\n9\n', 'a shell is what runs without a command')
  })

  it('a chroot has the tree, devices and /proc', async () => {
    const host = (await lab.run(['hostname'])).trim()
    const out = await cli.done('chroot', 'r14.1', '--', 'sh', '-c', WHERE)
    assert.match(out, new RegExp(`^ID=small\\nPRETTY_NAME="a small tree"\\n${host}\\n\\d+\\ndev\\n$`))
  })

  it('a jail sees no mount, no process, no disk and no network of the host', async () => {
    const jailed = (command: string, ...options: string[]) =>
      cli.done('jail', ...options, 'r14.1', '--', 'sh', '-c', command)
    assert.match(await jailed(WHERE), /^ID=small\n.*\nr14\.1\n\d+\ndev\n$/)
    assert.ok(!(await jailed('cat /proc/mounts')).includes('/ROOT'))
    assert.equal(await jailed('ls /proc/1/root/ 2>/dev/null || echo refused'), 'refused\n')
    assert.match(await jailed('for p in /proc/[0-9]*; do cat $p/comm; done'), /^(sh|cat)\n/)
    assert.equal(await jailed('ls /sys/class/net'), 'lo\n')
    assert.match(await jailed('ls /sys/class/net', '-o', 'ip4=inherit'), /br0\n/)
    assert.equal(await jailed('ls /dev'), 'fd\nfull\nnull\nptmx\npts\nrandom\nshm\ntty\nurandom\nzero\n')
    assert.equal(await jailed('mknod /tmp/disk b 8 0 2>/dev/null || echo refused'), 'refused\n')
    assert.equal(await jailed('echo 1 2>/dev/null >/proc/sys/kernel/sysrq || echo refused'), 'refused\n')
    assert.equal(await jailed('hostname', '-o', 'host.hostname=other'), 'other\n')
    assert.equal(await jailed('hostname', '-o', 'host.hostname=a', '-u', 'host.hostname'), 'r14.1\n')
    await nothingLeft()
  }).timeout(90_000)

  it('file systems mounted in the tree are visible in it, and stay mounted', async () => {
    await lab.run(['mount', '-t', 'tmpfs', 'var', '/ROOT/r14.1/var'])
    await lab.run(['touch', '/ROOT/r14.1/var/here'])
    const before = await mountInfo()
    await cli.done('jail', 'r14.1', '--', 'test', '-f', '/var/here')
    await cli.done('chroot', '-U', 'r14.1', '--', 'test', '-f', '/var/here')
    assert.equal(await mountInfo(), before)
    await lab.run(['umount', '/ROOT/r14.1/var'])
    await nothingLeft()
  })

  it('works in a read-only tree', async () => {
    await lab.run(['mount', '--bind', '/ROOT/r14.1', '/ROOT/r14.1'])
    await lab.run(['mount', '-o', 'remount,bind,ro', '/ROOT/r14.1'])
    for (const verb of ['jail', 'chroot']) {
      const out = await cli.done(
        verb,
        'r14.1',
        '--',
        'sh',
        '-c',
        'touch /x 2>&1; echo y > /dev/null; echo dev',
      )
      assert.match(out, /Read-only file system\ndev\n$/)
    }
    await lab.run(['umount', '/ROOT/r14.1'])
    await nothingLeft()
  })

  it('links in a tree do not lead to the host', async () => {
    await lab.run(['mkdir', '-p', '/ROOT/evil/bin', '/run/target'])
    await lab.run(['cp', '/bin/busybox', '/ROOT/evil/bin/sh'])
    for (const name of ['dev', 'proc', 'sys'])
      await lab.run(['ln', '-s', '/run/target', `/ROOT/evil/${name}`])
    await each(async (...verb) => {
      assert.equal((await cli.be(...verb, 'evil', '--', '/bin/sh', '-c', 'exit 6')).status, 6)
    })
    assert.equal(await lab.run(['ls', '-A', '/run/target']), '')
  })

  for (const signal of ['INT', 'TERM', 'HUP', 'QUIT']) {
    it(`SIG${signal} is passed on to the command; nothing is left`, async () => {
      await each(async (...verb) => {
        const text = `trap 'echo got; exit 11' ${signal}; echo up 0; while :; do sleep 0.05; done`
        const program = await started(...verb, 'r14.1', '--', 'sh', '-c', text)
        await cli.kill(program, signal)
        assert.match(await program.ended, /\(status 11\)/)
        assert.match(program.transcript.text, /^got$/m)
      })
    })
  }

  it('a command that ignores them is killed: 143', async () => {
    await each(async (...verb) => {
      const program = await started(...verb, 'r14.1', '--', 'sh', '-c', 'echo up 0; sleep 1000; echo on')
      await cli.kill(program, 'TERM')
      assert.match(await program.ended, /\(status 143\)/)
      assert.ok(!program.transcript.text.includes('on\n'))
    })
  })

  it('at a terminal: the command has it, and only the command gets ^C', async () => {
    await each(async (...verb) => {
      const text = `trap 'echo got; exit 11' INT; test -t 0 && echo up 0; while :; do sleep 0.05; done`
      const program = cli.startAtTerminal(...verb, 'r14.1', '--', 'sh', '-c', text)
      await program.transcript.waitFor(/^up 0\r?$/m, 20_000)
      program.type('\x03')
      assert.match(await program.ended, /\(status 11\)/, program.transcript.text)
      assert.equal(program.transcript.text.match(/^(\^C)?got\r?$/gm)?.length, 1, program.transcript.text)
    })
  })

  it('be is killed: its command ends with it, and all mounts are removed', async () => {
    await each(async (...verb) => {
      const program = await started(...verb, 'r14.1', '--', 'sh', '-c', 'echo up 0; exec sleep 1000')
      await cli.kill(program, 'KILL')
      await program.ended
    })
  })

  it('--timeout ends the command, also one that ignores SIGTERM: 124', async () => {
    const boot = (command: string) =>
      cli.be('boot', 'r14.1', '--on', 'jail', '--timeout', '1', '--', 'sh', '-c', command)
    assert.equal((await boot('exec sleep 1000')).status, 124)
    assert.equal((await boot('exit 3')).status, 3)
    await nothingLeft()
  })

  it('a command that was not run: 125', async () => {
    const fails = async (code: string, ...args: string[]) => {
      await cli.fails(code, 125, ...args)
    }
    await each(async (...verb) => {
      await fails('BE_UNKNOWN', ...verb, 'r14.2', '--', 'true')
      await fails('BE_NAME_INVALID', ...verb, '../etc', '--', 'true')
      await fails('BE_COMMAND_MISSING', ...verb, 'r14.1', '--', 'no-such')
      await fails('BE_COMMAND_MISSING', ...verb, 'r14.1', '--', '/etc/os-release')
    })
    await fails('BE_JAIL_PARAMETER', 'jail', '-o', 'path=/', 'r14.1')
    await fails('BE_LAUNCH_UNKNOWN', 'boot', '--on', 'moon', 'r14.1', 'true')
    await lab.run(['cp', '-a', '/ROOT/r14.1', '/ROOT/half'])
    await lab.run(['touch', '/ROOT/half/.nbe-installing'])
    await fails('BE_INSTALLING', 'jail', 'half', 'true')
    await fails('BE_USAGE', 'boot', 'r14.1', '--', 'true')
    // Longer than the longest timer, which would fire at once.
    await fails('BE_USAGE', 'boot', '--on', 'jail', '--timeout', '3000000', 'r14.1', '--', 'true')
    await cli.fails('BE_JAIL_PARAMETER', 64, 'jail', '-b', '-o', 'persist=false', 'r14.1')
  }).timeout(90_000)

  it('a setup that failed: 125, without the right to namespaces, or when a mount is refused', async () => {
    for (const [program, status] of [
      ['unshare', 1],
      ['mount', 32],
    ] as const) {
      const bin = join(trees, program)
      mkdirSync(bin)
      writeFileSync(join(bin, program), `#!/bin/sh\necho ${program}: refused >&2; exit ${status}\n`)
      chmodSync(join(bin, program), 0o755)
      for (const verb of ['jail', 'chroot']) {
        const ended = await cli.shell(`PATH=${bin}:$PATH; be ${verb} r14.1 -- true; exit $?`)
        assert.equal(ended.status, 125, ended.err)
        assert.match(ended.err, new RegExp(`${program}: refused`))
      }
    }
    await nothingLeft()
  })

  it('-b makes a jail in which commands run until be unjail', async () => {
    const { status, out, err } = await cli.be('jail', '-b', 'r14.1')
    assert.equal(status, 0, err)
    const [, enter] = /in there: (nsenter .*) COMMAND\n$/.exec(err) ?? []
    const inside = await cli.shell(`${enter} sh -c 'hostname; ls /; exit 5'`)
    assert.deepEqual([inside.status, inside.out.startsWith('r14.1\nbin\ndev\n')], [5, true], inside.err)
    assert.match(out, /^\d+\n$/)
    assert.match(await cli.fails('BE_JAILED', 1, 'jail', '-b', 'r14.1'), /be unjail r14\.1/)
    await cli.done('-n', 'unjail', 'r14.1')
    assert.equal((await cli.be('jail', 'r14.1', 'true')).status, 0, 'another one beside it')
    assert.equal(await lab.run(['test', '-d', `/proc/${out.trim()}`]), '')
    const background = await lab.run([
      'sh',
      '-c',
      `${enter} sh -c 'sleep 1000 >/dev/null 2>&1 & echo started'`,
    ])
    assert.equal(background, 'started\n')
    await cli.done('ujail', 'r14.1')
    await nothingLeft()
    await cli.fails('BE_NOT_JAILED', 65, 'unjail', 'r14.1')
    assert.equal((await cli.be('jail', 'r14.1', 'true')).status, 0)
  })

  it('what a killed be left is ended by the next command, also what its command started', async () => {
    for (const [verb, next] of [
      ['jail', ['jail', 'r14.1', 'true']],
      ['chroot', ['chroot', 'r14.1', 'true']],
      ['chroot', ['list', 'r14.1']],
      ['chroot', ['jail', '-b', 'r14.1']],
      ['chroot', ['unjail', 'r14.1']],
      ['chroot', ['umount', 'r14.1']],
    ] as const) {
      const living = await started('chroot', 'r14.1', '--', 'sh', '-c', 'echo up $$; exec sleep 1000')
      const killed = await started(verb, 'r14.1', '--', 'sh', '-c', 'sleep 1000 & echo up $!; wait')
      await cli.kill(killed, 'KILL')
      const [, pid] = await killed.transcript.waitFor(/^be (\d+)$/m, 20_000)
      await until(() => lab.run(['sh', '-c', `kill -0 ${pid} 2>/dev/null || echo gone`]))
      const { status, err } = await cli.be(...next)
      assert.match(
        err,
        /^be: warning: what be \(\d+\), which was killed, left in r14\.1 has been taken back$/m,
      )
      assert.equal(status, next[0] === 'umount' ? 75 : 0, err) // the other one is in it
      await killed.ended // nothing that it started has its output
      assert.equal(await lab.run(['sh', '-c', `kill -0 ${living.pid} && echo runs`]), 'runs\n')
      await cli.kill(living, 'TERM')
      await living.ended
      if (next[1] === '-b') await cli.done('unjail', 'r14.1')
      await nothingLeft()
    }
  }).timeout(120_000)

  it('-n prints a script that does the same when it is run', async () => {
    await each(async (...verb) => {
      const text = await cli.done('-n', ...verb, 'r14.1', '--', 'sh', '-c', 'echo "a  $0"; exit 7', 'b')
      const { status, out } = await cli.run(['sh', '-c', text])
      assert.deepEqual([status, out], [7, 'a  b\n'])
    })
    for (const kind of ['jail', 'chroot']) {
      assert.equal(await cli.done('emit', kind, 'r14.1'), await cli.done('-n', kind, 'r14.1'))
    }
    assert.match(await cli.done('-n', 'jail', '-b', 'r14.1'), /^# run .*\nunshare /m)
    await nothingLeft()
  })
})
