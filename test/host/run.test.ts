import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { run } from '../../src/host/run.ts'
import { nodeClock } from '../../src/net/node.ts'
import { poll } from '../../src/net/poll.ts'
import { beError } from '../support/errors.ts'
import { withTemporaryDirectory } from '../support/temporary.ts'

const limit = { timeoutMs: 10_000 }

describe('host/run', () => {
  it('passes arguments as they are, without a shell', async () => {
    const { stdout } = await run(['printf', '%s|%s', '$(id); rm -rf x', '*'], limit)
    assert.equal(stdout, '$(id); rm -rf x|*')
  })

  it('passes input, environment and directory', async () => {
    const out = await run(['sh', '-c', 'cat; echo "$BE"; pwd'], {
      ...limit,
      input: 'in ',
      env: { BE: 'head' },
      cwd: '/',
    })
    assert.equal(out.stdout, 'in head\n/')
  })

  it('a program that does not read its input is no failure', async () => {
    await run(['true'], { ...limit, input: 'x'.repeat(1 << 20) })
  })

  it('a missing program names the package to install', async () => {
    const missing = run(['no-such-program'], { ...limit, platform: 'linux' })
    await assert.rejects(missing, beError('BE_PROGRAM_MISSING', /apt-get install no-such-program/))
  })

  it('the error of a failure has the exit status and the last line on stderr', async () => {
    const failing = run(['sh', '-c', 'echo first >&2; echo why >&2; exit 3'], limit)
    await assert.rejects(failing, beError('BE_PROGRAM_FAILED', /status 3: why/))
    await assert.rejects(run(['sh', '-c', 'kill -9 $$'], limit), beError('BE_PROGRAM_FAILED', /SIGKILL/))
  })

  it('a time-out kills the whole process group, grandchildren too', () =>
    withTemporaryDirectory(async dir => {
      const pidFile = join(dir, 'pid')
      const script = `sleep 600 & echo $! > ${pidFile}.tmp; mv ${pidFile}.tmp ${pidFile}; wait`
      await assert.rejects(
        run(['sh', '-c', script], { timeoutMs: 3000 }),
        beError('BE_PROGRAM_TIMEOUT', / 3 s/),
      )
      const grandchild = Number(await readFile(pidFile, 'utf8'))
      assert.ok(await gone(grandchild), `sleep ${grandchild} still runs`)
    }))

  it('does not wait for a daemon that left the group and keeps the pipes open', async () => {
    const escaped = run(['sh', '-c', 'setsid sleep 5 & wait'], { timeoutMs: 200 })
    await assert.rejects(escaped, beError('BE_PROGRAM_TIMEOUT'))
  })
})

/** Whether the process ends, in time; a zombie counts as ended. */
const gone = (pid: number): Promise<boolean> =>
  poll(nodeClock, { everyMs: 20, limitMs: 60_000 }, async () => {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    return status === '' || / Z /.test(status)
  })
