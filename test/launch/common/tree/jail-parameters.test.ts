import assert from 'node:assert/strict'
import {
  checkJailOptions,
  jailParameters,
  readJailOption,
} from '../../../../src/launch/common/tree/jail-parameters.ts'
import { beError } from '../../../support/errors.ts'

const parameters = (...options: Parameters<typeof jailParameters>[2]) =>
  Object.fromEntries(jailParameters('r14.1', '/ROOT/r14.1', options))

describe('jail parameters', () => {
  it('defaults are those of bectl(8), with a name that jail(8) accepts', () => {
    assert.deepEqual(parameters(), {
      name: 'be_r14_1',
      'host.hostname': 'r14.1',
      path: '/ROOT/r14.1',
      persist: 'true',
      'allow.mount': 'true',
      'allow.mount.devfs': 'true',
      enforce_statfs: '1',
      'mount.devfs': 'true',
    })
  })

  it('the last option for a parameter counts; unset names get their defaults', () => {
    assert.equal(parameters({ set: 'a', value: '1' }, { unset: 'a' }).a, undefined)
    assert.equal(parameters({ unset: 'a' }, { set: 'a', value: '1' }).a, '1')
    assert.equal(parameters({ set: 'name', value: 'x' }, { unset: 'name' }).name, 'be_r14_1')
  })

  it('-o is key=value, whatever the value', () => {
    assert.deepEqual(readJailOption('ip4.addr=em0|192.0.2.1/24,x=y'), {
      set: 'ip4.addr',
      value: 'em0|192.0.2.1/24,x=y',
    })
    assert.deepEqual(readJailOption('a='), { set: 'a', value: '' })
    for (const text of ['persist', '=x', '-c=1', 'a b=c', '']) {
      assert.throws(() => readJailOption(text), beError('BE_JAIL_PARAMETER', /key=value/))
    }
  })

  it('refuses parameters that be sets itself, and on Linux those without an equivalent', () => {
    for (const name of ['command', 'exec.start', 'persist', 'nopersist', 'path']) {
      assert.throws(
        () => checkJailOptions([{ set: name, value: '' }], 'freebsd'),
        beError('BE_JAIL_PARAMETER'),
      )
      assert.throws(() => checkJailOptions([{ unset: name }], 'linux'), beError('BE_JAIL_PARAMETER'))
    }
    checkJailOptions([{ set: 'allow.raw_sockets', value: 'true' }], 'freebsd')
    checkJailOptions([{ set: 'ip4', value: 'inherit' }, { unset: 'host.hostname' }], 'linux')
    assert.throws(
      () => checkJailOptions([{ set: 'allow.raw_sockets', value: 'true' }], 'linux'),
      beError('BE_JAIL_PARAMETER', /expected host\.hostname, ip4/),
    )
  })
})
