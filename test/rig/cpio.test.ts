import assert from 'node:assert/strict'
import { cpio } from './cpio.ts'

describe('rig: cpio', () => {
  /** buffer-format.rst: magic, then ino, mode, uid, gid, nlink, mtime, filesize, maj, min, rmaj, rmin, namesize, chksum. */
  const TRAILER = `070701${'0'.repeat(32)}00000001${'0'.repeat(48)}0000000b00000000TRAILER!!!\0\0\0\0`

  it('ends with the trailer', () => {
    assert.equal(cpio([]).toString('latin1'), TRAILER)
  })

  it('pads names and data to four bytes', () => {
    const archive = cpio([{ path: 'init', type: 'file', mode: 0o755, data: Buffer.from('#!x') }])
    const header = `07070100000001000081ed${'0'.repeat(16)}00000001${'0'.repeat(8)}00000003${'0'.repeat(32)}0000000500000000`
    assert.equal(archive.toString('latin1'), `${header}init\0\0#!x\0${TRAILER}`)
  })

  it('stores a link as its target', () => {
    const archive = cpio([{ path: 'bin/sh', type: 'link', target: 'busybox' }]).toString('latin1')
    assert.ok(archive.includes('0000a1ff'))
    assert.ok(archive.includes('bin/sh\0'))
    assert.ok(archive.includes('busybox\0'))
  })
})
