import assert from 'node:assert/strict'
import { BeError } from '../../../../src/errors/errors.ts'
import { errorRecord, recordedError } from '../../../../src/launch/common/vm/state.ts'

describe('the error in the state of a machine', () => {
  it('is read back as it was', () => {
    const error = new BeError('BE_PROGRAM_MISSING', 'no qemu', { hint: 'install it' })
    const { line, exit } = recordedError(errorRecord(error)!)
    assert.deepEqual([line, exit], [error.line, 'unavailable'])
  })

  it('of another version keeps its message, with a code that there is', () => {
    const { line } = recordedError({ code: 'BE_OF_ANOTHER_VERSION', message: 'no power', exit: 'failed' })
    assert.equal(line, 'no power [BE_VM_FAILED]')
  })
})
