import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { Program } from '../rig/program.ts'
import { ensurePackages } from '../support/packages.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const SCRIPTS = resolve(import.meta.dirname, '../../rc.d')

/** What is so with every script of rc.d: what it sets is read by rc.subr, and words in settings are split. */
const NORMAL = 'SC1091,SC2034,SC2086,SC2223'

describe('rc.d scripts', () => {
  const dir = temporaryDirectory()

  before(() => ensurePackages(['shellcheck']))

  it('shellcheck has nothing against them', async () => {
    const paths = readdirSync(SCRIPTS).map(name => join(SCRIPTS, name))
    const options = { all: true, reject: false } as const
    assert.equal((await execa('shellcheck', ['-s', 'sh', '-e', NORMAL, ...paths], options)).all, '')
  })

  /** A program that notes how it was called. */
  function program(name: string, text = ''): string {
    const path = join(dir.path, name)
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> ${dir.path}/log\n${text}\n`, { mode: 0o755 })
    return path
  }

  /** rc.d/bed as service(8) runs it, its places below `dir`. */
  async function bed(...args: string[]) {
    const script = readFileSync(join(SCRIPTS, 'bed'), 'utf8')
      .replaceAll('/etc/rc.subr', join(import.meta.dirname, 'rc-subr.sh'))
      .replaceAll('/usr/sbin/daemon', join(dir.path, 'daemon'))
      .replaceAll('/usr/local/bin', dir.path)
      .replaceAll('/var/run', dir.path)
    const env = { PATH: '/sbin:/bin:/usr/sbin:/usr/bin', bed_enable: 'YES', bed_args: '--tftp-port 6969' }
    const options = { env, extendEnv: false, reject: false, input: script } as const
    const { exitCode, stderr } = await execa('/bin/sh', ['-s', ...args], options)
    const log = join(dir.path, 'log')
    return { status: exitCode, stderr, log: existsSync(log) ? readFileSync(log, 'utf8') : '' }
  }

  it('bed starts be under daemon(8), which finds node', async () => {
    program('node')
    program('daemon', 'command -v node > /dev/null || exit 9')
    program('be')
    const { status, log } = await bed('start')
    assert.equal(status, 0)
    const [pidfile, served, be] = ['bed.pid', 'bed.served.pid', 'be'].map(name => join(dir.path, name))
    assert.equal(
      log,
      `be serve -t --tftp-port 6969\ndaemon -P ${pidfile} -p ${served} -T bed -R 5 ${be} serve --tftp-port 6969\nbe serve --wait 60 --tftp-port 6969\n`,
    )
  })

  it('counts as started when it answers: bevm, which requires it, finds exports; service(8) sees a start that failed', async () => {
    program('daemon')
    program('be', 'case $* in *--wait*) echo "be: be serve does not answer after 60 s" >&2; exit 75 ;; esac')
    const { status, stderr } = await bed('start')
    assert.deepEqual([status, stderr], [75, 'be: be serve does not answer after 60 s'])
  })

  it('a configuration that is wrong starts nothing: daemon(8) would try again and again', async () => {
    program('daemon')
    program('be', 'echo "be: no such key" >&2; exit 78')
    const { status, stderr, log } = await bed('start')
    assert.deepEqual([status, stderr], [78, 'be: no such key'])
    assert.ok(!log.includes('daemon'))
    assert.equal((await bed('configtest')).status, 78)
  })

  it('reload goes to be, not to daemon(8)', async () => {
    const missing = await bed('reload')
    assert.deepEqual([missing.status, missing.stderr], [1, 'WARNING: bed is not running'])
    const served = new Program(['sh', '-c', 'trap "exit 42" HUP; echo "up $$"; while :; do sleep 0.05; done'])
    try {
      const [, pid] = await served.transcript.waitFor(/^up (\d+)$/m, 10_000)
      writeFileSync(join(dir.path, 'bed.served.pid'), pid!)
      assert.equal((await bed('reload')).status, 0)
      assert.match(await served.ended, /\(status 42\)/)
    } finally {
      await served.stop()
    }
  })
})
