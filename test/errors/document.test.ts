import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { errorsHelp, errorsManPage } from '../../src/errors/document.ts'

describe('documents of the error codes', () => {
  it('be-errors(7) is what the table says', () => {
    const page = readFileSync(new URL('../../man/be-errors.7', import.meta.url), 'utf8')
    assert.equal(page, errorsManPage(), 'made by npm run docs')
  })

  it('be help errors has the status and the meaning of each code', () => {
    assert.match(errorsHelp(), /^BE_WAIT_OVER +75, try again\n {4}The machine .*\.$/m)
    assert.match(errorsHelp(), /^BE_NO_INITRD +be check\n {4}There is no .*\.$/m)
  })
})
