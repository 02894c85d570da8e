import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { openRootEvent } from '../../src/serve/open-root.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('a be.root that every user of the host can enter', () => {
  const tmp = temporaryDirectory()

  it('is warned of, with what to do; one of a group or of root alone is not', async () => {
    for (const mode of [0o700, 0o750, 0o754]) {
      chmodSync(tmp.path, mode)
      assert.equal(await openRootEvent(tmp.path), undefined)
    }
    chmodSync(tmp.path, 0o755)
    const { level, detail } = (await openRootEvent(tmp.path))!
    assert.deepEqual([level, detail?.mode], ['warn', '0755'])
    assert.match(String(detail?.why), new RegExp(`chmod 0700 ${tmp.path}$`))
    assert.equal(await openRootEvent(join(tmp.path, 'none')), undefined)
  })
})
