import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseVmTab } from '../../../../src/launch/common/vm/vmtab.ts'
import { beError } from '../../../support/errors.ts'

describe('vmtab', () => {
  it('keeps its order, and fills in what was left out', () => {
    const text = '# all\n\nm2 r14.1 auto always 5 # the fast one\n  m1\t-\nm3 b no on-failure\n'
    assert.deepEqual(parseVmTab(text, 'vmtab'), [
      { machine: 'm2', be: 'r14.1', auto: true, restart: 'always', delay: 5 },
      { machine: 'm1', auto: true, restart: 'never', delay: 0 },
      { machine: 'm3', be: 'b', auto: false, restart: 'on-failure', delay: 0 },
    ])
  })

  it('names boot environments as the other commands do: bd/be/test is test', () => {
    const be = (text: string, parent?: string) => parseVmTab(`m1 ${text}`, 'vmtab', parent)[0]!.be
    assert.equal(be('bd/be/r14.1'), 'r14.1')
    assert.equal(be('bd/be/r14.1', 'bd/be'), 'r14.1')
    assert.equal(be('-', 'bd/be'), undefined)
    const wrong = beError(
      'BE_VMTAB',
      /line 1: expected a boot environment of bd\/be, or -, found "other\/r14\.1"/,
    )
    assert.throws(() => be('other/r14.1', 'bd/be'), wrong)
    assert.throws(() => be('b@snap'), beError('BE_VMTAB', /found "b@snap"/))
  })

  it('a wrong line is named with what was expected: nothing starts by half a table', () => {
    const bad = (text: string, line: RegExp) =>
      assert.throws(() => parseVmTab(text, '/etc/vmtab'), beError('BE_VMTAB', line))
    bad('m1 - auto\nm2\n', /\/etc\/vmtab, line 2: expected MACHINE BE/)
    bad('m1 - yes', /expected auto or no, found "yes"/)
    bad('m1 - auto sometimes', /always, on-failure, never/)
    bad('m1 - auto never soon', /seconds, found "soon"/)
    bad('m1 - auto never 0 more', /expected MACHINE/)
    bad('m1 -\nM1 b', /line 2: expected M1 once/)
  })

  it('the sample is one, once its lines are uncommented', () => {
    const text = readFileSync(new URL('../../../../vmtab.sample', import.meta.url), 'utf8')
    assert.deepEqual(parseVmTab(text, 'sample'), [])
    const lines = parseVmTab(text.replace(/^#(m\d)/gm, '$1'), 'sample')
    assert.deepEqual(
      lines.map(({ machine }) => machine),
      ['m1', 'm2', 'm3'],
    )
  })
})
