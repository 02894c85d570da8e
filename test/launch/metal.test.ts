import assert from 'node:assert/strict'
import { metal } from '../../src/launch/metal.ts'
import { beError } from '../support/errors.ts'
import { vmInput } from './inputs.ts'

describe('launch metal', () => {
  it('runs the power command as its arguments are, or else be wol', () => {
    const power = ['ipmitool', '-H', '10.0.0.5', 'chassis', 'power', 'cycle']
    assert.deepEqual(metal.plan(vmInput({ own: { power } })).main.argv, power)
    assert.deepEqual(metal.plan(vmInput()).main.argv, ['be', 'wol', 'head'])
    assert.throws(() => metal.plan(vmInput({ machine: undefined })), beError('BE_MACHINE_NEEDED'))
  })
})
