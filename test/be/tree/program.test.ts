import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeContents } from '../../../src/be/tree/program.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('programs that work in a tree', () => {
  const tmp = temporaryDirectory()
  const path = process.env.PATH

  afterEach(() => {
    process.env.PATH = path
  })

  it('are never those of the tree, whatever PATH says', async () => {
    const [tree, ran] = [join(tmp.path, 'be'), join(tmp.path, 'ran')]
    mkdirSync(join(tree, 'bin'), { recursive: true })
    for (const name of ['find', 'rm', 'bin/find', 'bin/rm'])
      writeFileSync(join(tree, name), `#!/bin/sh\n: > ${ran}\n`, { mode: 0o755 })
    process.env.PATH = `.:bin::${path}`
    await removeContents(tree, '', [])
    assert.equal(existsSync(ran), false)
    assert.deepEqual(readdirSync(tree), [])
  })
})
