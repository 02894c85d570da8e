import assert from 'node:assert/strict'
import { startChild } from '../../src/host/child.ts'
import { isAlive } from '../../src/host/daemon.ts'
import { beError } from '../support/errors.ts'

const quiet = { output: () => {}, error: () => {} }

describe('host/child', () => {
  it('passes its streams on, and reports how it ended and its last line', async () => {
    let printed = ''
    const child = await startChild(
      ['sh', '-c', 'read x; echo "got $x"; echo one >&2; echo two >&2; exit 7'],
      {
        ...quiet,
        output: data => {
          printed += data
        },
      },
    )
    child.write(Buffer.from('word\n'))
    assert.deepEqual(await child.ended, { status: 7, lastLine: 'two' })
    assert.equal(printed, 'got word\n')
  })

  it('reports a signal; kill() also ends the processes that it started', async () => {
    let pid = ''
    const child = await startChild(['sh', '-c', 'sleep 600 & echo $!; wait'], {
      ...quiet,
      output: data => {
        pid += data
      },
    })
    while (!pid.includes('\n')) await new Promise(setImmediate)
    child.kill()
    assert.deepEqual(await child.ended, { signal: 'SIGKILL', lastLine: '' })
    while (isAlive(Number(pid))) await new Promise(setImmediate)
  })

  it('names a program that is missing, with its package', async () => {
    await assert.rejects(
      startChild(['qemu-system-nothing'], quiet, 'freebsd'),
      beError('BE_PROGRAM_MISSING', /pkg install/),
    )
  })
})
