import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { NETWORK_RULES, RULES } from '../../../src/boot/rules/index.ts'

const files = (path: string): string[] => readdirSync(new URL(path, import.meta.url)).sort()

describe('boot/rules/index', () => {
  const names = RULES.map(({ name }) => name)

  it('lists each file of its folder once, under the name of the file', () => {
    const rules = files('../../../src/boot/rules').filter(file => file !== 'rule.ts' && file !== 'index.ts')
    assert.deepEqual(
      [...names].sort().map(name => `${name}.ts`),
      rules,
    )
  })

  it('each rule has its test beside it', () => {
    const tests = files('.')
    assert.deepEqual(
      names.filter(name => !tests.includes(`${name}.test.ts`)),
      [],
    )
  })

  it('begins with the rules that run for a refused client, too', () => {
    assert.deepEqual(RULES.slice(0, NETWORK_RULES.length), NETWORK_RULES)
  })
})
