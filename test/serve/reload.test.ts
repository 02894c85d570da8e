import assert from 'node:assert/strict'
import { load } from '../../src/config/load.ts'
import type { KeyName, Settings } from '../../src/config/schema.ts'
import { applyLiveSettings } from '../../src/serve/reload.ts'

const settings = (flags: Partial<Record<KeyName, string>>): Settings => load({ flags }).settings

describe('serve/reload', () => {
  it('applies the settings that are read for each reply, and names those that need a restart', () => {
    const running = settings({ 'log.level': 'info', 'http.port': '80', 'boot.loader': 'a=1' })
    const result = applyLiveSettings(
      running,
      settings({ 'log.level': 'debug', 'http.port': '81', 'boot.loader': 'a=1,b=2' }),
    )
    assert.deepEqual(result, { applied: ['boot.loader', 'log.level'], waiting: ['http.port'] })
    assert.deepEqual(running['boot.loader'], ['a=1', 'b=2'])
    assert.equal(running['log.level'], 'debug')
    assert.equal(
      running['http.port'],
      80,
      'the socket is bound: told otherwise, machines would ask elsewhere',
    )
  })

  it('a setting that was removed from the file has its default again', () => {
    const running = settings({ 'boot.cmdline': 'quiet', 'lab.domain': 'lab' })
    assert.deepEqual(applyLiveSettings(running, settings({})), {
      applied: ['lab.domain', 'boot.cmdline'],
      waiting: [],
    })
    assert.deepEqual([running['boot.cmdline'], running['lab.domain']], ['', undefined])
  })

  it('the same settings change nothing: lists are compared by their elements', () => {
    const same = { 'lab.dns': '192.168.2.1', 'boot.loader': 'a=1' } as const
    assert.deepEqual(applyLiveSettings(settings(same), settings(same)), { applied: [], waiting: [] })
  })
})
