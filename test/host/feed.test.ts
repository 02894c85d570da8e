import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isAlive } from '../../src/host/daemon.ts'
import { feed } from '../../src/host/feed.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

describe('host/feed', () => {
  const tmp = temporaryDirectory()
  const text = (...parts: string[]) => Readable.from(parts.map(part => Buffer.from(part)))

  it('passes the whole stream; answers status, stderr and lines of stdout', async () => {
    const lines: string[] = []
    const script = 'cat; echo end; echo bad >&2; exit 3'
    const fed = await feed(['sh', '-c', script], text('one\ntw', 'o\n'), { onLine: line => lines.push(line) })
    assert.deepEqual([fed, lines], [{ status: 3, stderr: 'bad\n' }, ['one', 'two', 'end']])
  })

  it('allows a program that does not read all of its input', async () => {
    const much = Readable.from(Array(100).fill(Buffer.alloc(100_000)))
    assert.deepEqual(await feed(['true'], much), { status: 0, stderr: '' })
  })

  it('kills the program when the stream fails', async () => {
    const pid = join(tmp.path, 'pid')
    const broken = async function* () {
      yield Buffer.from('half')
      await until(() => existsSync(pid))
      throw Object.assign(new Error('disk'), { code: 'EIO' })
    }
    const argv = ['sh', '-c', `echo $$ >${pid}.new; mv ${pid}.new ${pid}; sleep 600 & wait`]
    await assert.rejects(feed(argv, Readable.from(broken())), /disk/)
    assert.ok(!isAlive(Number(readFileSync(pid, 'utf8'))))
  })

  it('names a program that is missing', async () => {
    await assert.rejects(
      feed(['no-such-program'], text('x')),
      beError('BE_PROGRAM_MISSING', /no-such-program/),
    )
  })

  it('the program ends when this process is killed', async () => {
    const pid = join(tmp.path, 'pid')
    const from = new URL('../../src/host/feed.ts', import.meta.url)
    const script = `import { feed } from '${from}'
      const { Readable } = await import('node:stream')
      await feed(['sh', '-c', 'echo $$ >${pid}.new; mv ${pid}.new ${pid}; cat >/dev/null'], new Readable({ read() {} }))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await until(() => existsSync(pid) || child.exitCode !== null)
    const own = execFileSync('cat', [pid], { encoding: 'utf8' })
    child.kill('SIGKILL')
    await ended
    await until(() => !isAlive(Number(own)))
  })
})
