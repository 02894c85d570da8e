import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LaunchPlan } from '../../../src/launch/common/launch.ts'
import { render } from '../../../src/launch/common/render.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('launch render', () => {
  const tmp = temporaryDirectory()

  it('is a script that sh runs: files to the byte, undos last first after the system has ended', () => {
    const file = join(tmp.path, "it's a file")
    const copy = join(tmp.path, 'copy')
    const log = join(tmp.path, 'log')
    const note = (word: string) => ({ what: word, argv: ['sh', '-c', `echo "${word}" >>'${log}'`] })
    const plan: LaunchPlan = {
      launch: 'xen',
      be: 'b',
      before: [
        { do: note('bridge'), undo: note('no bridge'), bridge: { name: 'br0' } },
        { do: { what: 'write', path: file, text: 'EOF\n$HOME `x`\n', mode: 0o600 } },
        { do: note('tap'), undo: note('no tap') },
      ],
      load: [note('load'), { what: 'copy', argv: ['cp', file, copy] }],
      main: note('main'),
      clean: [note('clean')],
    }
    const script = render(plan)
    execFileSync('sh', ['-e', '-c', script])
    assert.equal(readFileSync(copy, 'utf8'), 'EOF\n$HOME `x`\n')
    assert.ok(!existsSync(file), 'a file that was written is removed as a supervisor removes it')
    assert.equal(readFileSync(log, 'utf8'), 'bridge\ntap\nload\nmain\nclean\nno tap\nno bridge\n')
    assert.match(script, /# no bridge, unless br0 has other ports by now\n/)
  })
})
