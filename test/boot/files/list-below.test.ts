import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { listBelow } from '../../../src/boot/files/list-below.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('boot/files/list-below', () => {
  const tmp = temporaryDirectory()

  it('follows few links in a turn of the event loop, however many ask', async () => {
    const [clients, links] = [20, 20]
    mkdirSync(join(tmp.path, 'boot'))
    for (let at = 0; at < links; at++) symlinkSync('.', join(tmp.path, `boot/${at}`))
    let turns = 0
    let ended = false
    const count = () => {
      turns++
      if (!ended) setImmediate(count)
    }
    setImmediate(count)
    const lists = await Promise.all(
      Array.from({ length: clients }, () => listBelow(tmp.path, 'boot', () => true)),
    )
    ended = true
    for (const list of lists) assert.equal(list?.filter(({ directory }) => directory).length, links)
    assert.ok(turns >= (clients * links) / 20, `${clients * links} links in ${turns} turns`)
  })
})
