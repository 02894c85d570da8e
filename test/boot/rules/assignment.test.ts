import assert from 'node:assert/strict'
import type { PlanInput } from '../../../src/boot/plan-input.ts'
import { BeError } from '../../../src/errors/errors.ts'
import { planned, refusalCode } from '../inputs.ts'

describe('boot/rules/assignment', () => {
  it('beside another DHCP server is silent to machines that have nothing assigned', () => {
    assert.equal(planned({ mode: 'proxy', be: undefined, root: undefined }).reply, undefined)
  })

  it('names the boot environment and what assigned it', () => {
    const named = (change: Partial<PlanInput>) =>
      planned(change).decisions.find(({ part }) => part === 'boot environment')?.value
    assert.equal(named({}), "head (this machine's)")
    assert.equal(named({ assignedBy: 'default' }), 'head (the default)')
  })

  it('refuses the boot of one that cannot be had', () => {
    assert.equal(
      refusalCode({ problem: new BeError('BE_MOUNTD_DOWN', 'mountd is silent') }),
      'BE_MOUNTD_DOWN',
    )
  })
})
