import assert from 'node:assert/strict'
import { base, loader, option, os, planned } from '../inputs.ts'

describe('boot/rules/network', () => {
  const address = (...octets: number[]) => Buffer.from(octets)

  it('gives any client netmask, router, host name, name servers, domain and broadcast address', () => {
    const result = planned({ client: os })
    assert.deepEqual(option(result, 1), address(255, 255, 255, 0))
    assert.deepEqual(option(result, 3), address(192, 168, 2, 254))
    assert.equal(String(option(result, 12)), 'm1')
    assert.deepEqual(option(result, 6), address(192, 168, 2, 1))
    assert.equal(String(option(result, 15)), 'lab.test')
    assert.deepEqual(option(result, 28), address(192, 168, 2, 255))
  })

  it('sends the host name of a machine that has one', () => {
    assert.equal(String(option(planned({ machine: { name: 'm1', host: 'build' } }), 12)), 'build')
  })

  it('gives a loader only the options that it reads', () => {
    assert.ok(option(planned({ client: loader }), 1))
    for (const code of [6, 15, 28]) assert.equal(option(planned({ client: loader }), code), undefined)
  })

  it('leaves out what the lab does not have', () => {
    const lab = { ...base.lab, router: undefined, dns: [], domain: undefined }
    for (const code of [3, 6, 15]) assert.equal(option(planned({ client: os, lab }), code), undefined)
  })

  it('beside another DHCP server gives nothing', () => {
    assert.equal(option(planned({ mode: 'proxy' }), 1), undefined)
  })
})
