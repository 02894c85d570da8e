import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { manPage, sampleToml } from '../../src/config/document.ts'
import { load } from '../../src/config/load.ts'
import { KEYS } from '../../src/config/schema.ts'

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const REMAKE = 'made by npm run docs'

describe('config/document', () => {
  it('the sample is generated from the schema', () => {
    assert.equal(file('be.toml.sample'), sampleToml(), REMAKE)
  })

  it('the sample loads as it is, and with every setting uncommented', () => {
    const sample = sampleToml()
    assert.deepEqual(load({ file: { name: 'sample', text: sample } }).settings, load({}).settings)
    const all = load({ file: { name: 'sample', text: sample.replace(/^#(?=\w[\w-]* = )/gm, '') } })
    for (const name of Object.keys(KEYS))
      assert.match(all.sources[name as keyof typeof KEYS], /^sample:/, name)
  })

  it('the manual page is generated from the schema', () => {
    assert.equal(file('man/be.toml.5'), manPage(), REMAKE)
  })
})
