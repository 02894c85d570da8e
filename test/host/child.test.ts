import assert from 'node:assert/strict'
import { startChild } from '../../src/host/child.ts'
import { isAlive } from '../../src/host/daemon.ts'
import { beError } from '../support/errors.ts'

const quiet = { output: () => {}, error: () => {} }

describe('host child', () => {
  it('hands its streams on, and tells how it ended and what it said last', async () => {
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

  it('a signal is no exit status, and kill takes what it started too', async () => {
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

  it('one that is not there is named with what brings it', async () => {
    await assert.rejects(
      startChild(['qemu-system-nothing'], quiet, 'freebsd'),
      beError('BE_PROGRAM_MISSING', /pkg install/),
    )
  })
})
