import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RotatingLog } from '../../../../src/launch/common/supervisor/rotating-log.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'

describe('rotating log', () => {
  const tmp = temporaryDirectory()

  it('keeps to two files of bounded size, without a gap in the latest lines', () => {
    const file = join(tmp.path, 'console.log')
    const log = new RotatingLog(file, 100)
    for (let n = 0; n < 50; n++) log.write(Buffer.from(`line ${String(n).padStart(3)}\n`))
    log.close()
    assert.ok(statSync(file).size <= 100 && statSync(`${file}.1`).size <= 100)
    const kept = readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')
    assert.ok(kept.endsWith('line  49\n'))
    assert.match(kept, /^line {2}(\d+)\n/)
    assert.equal(kept.trimEnd().split('\n').length, 49 - Number(/\d+/.exec(kept)![0]) + 1, 'no gap')
  })

  it('appends to an existing file, and does not throw when its directory is gone', () => {
    const file = join(tmp.path, 'console.log')
    const first = new RotatingLog(file, 1000)
    first.write(Buffer.from('a'))
    first.close()
    const second = new RotatingLog(file, 3)
    second.write(Buffer.from('b'))
    assert.equal(readFileSync(file, 'utf8'), 'ab')
    rmSync(tmp.path, { recursive: true })
    second.write(Buffer.from('cdef'))
    second.close()
  })
})
