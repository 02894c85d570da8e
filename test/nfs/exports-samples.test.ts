import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { freebsdExports, ganeshaExports, linuxExports } from '../../src/nfs/exports-text.ts'
import type { Share } from '../../src/nfs/share-list.ts'

const HEAD: Share = {
  be: 'head',
  path: '/ROOT/head',
  clients: ['192.168.2.0/24'],
  maproot: 'root',
  readOnly: false,
  id: 20551,
}

describe('exports.d/sample', () => {
  const sample = (name: string) =>
    readFileSync(new URL(`../../exports.d/sample/${name}`, import.meta.url), 'utf8')

  it('holds what exports-text.ts writes', () => {
    assert.equal(sample('head.exports'), freebsdExports([HEAD]))
    assert.equal(sample('head.linux.exports'), linuxExports([HEAD]))
    assert.equal(sample('head.ganesha.conf'), ganeshaExports(HEAD))
  })
})
