import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { mountsNfs } from '../../../src/be/check/initrd.ts'
import { cpio } from '../../rig/cpio.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const archive = (...paths: string[]) =>
  cpio(paths.map(path => ({ path, type: 'file' as const, data: Buffer.from(path.repeat(50_000)) })))

const MICROCODE = archive('kernel/x86/microcode/GenuineIntel.bin')
const WITH = archive('bin/sh', 'bin/nfsmount')
const WITHOUT = archive('bin/sh', 'scripts/local')

describe('whether an initial RAM disk mounts NFS', () => {
  const tmp = temporaryDirectory()
  const look = (data: Buffer) => {
    writeFileSync(join(tmp.path, 'initrd'), data)
    return mountsNfs(join(tmp.path, 'initrd'))
  }

  for (const [name, pack] of [
    ['plain', (data: Buffer) => data],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    it(`${name}, alone and behind microcode`, async () => {
      assert.equal(await look(pack(WITH)), true)
      assert.equal(await look(pack(WITHOUT)), false)
      assert.equal(await look(Buffer.concat([MICROCODE, pack(WITH)])), true)
      assert.equal(await look(Buffer.concat([MICROCODE, Buffer.alloc(512), pack(WITHOUT)])), false)
    })
  }

  it('one made to keep a reader busy for ever is given up: a size that wraps round, zeros without end', async () => {
    const header = ['070701', '00000000'.repeat(11), 'ffffff92', '00000000'].join('')
    assert.equal(await look(Buffer.from(header)), false)
    writeFileSync(join(tmp.path, 'zeros'), '')
    truncateSync(join(tmp.path, 'zeros'), 64 << 20)
    assert.equal(await mountsNfs(join(tmp.path, 'zeros')), false)
    truncateSync(join(tmp.path, 'zeros'), 2 ** 40)
    assert.equal(await mountsNfs(join(tmp.path, 'zeros')), undefined)
  })

  it('what cannot be told is not judged: xz, damaged, cut short, not there', async () => {
    writeFileSync(join(tmp.path, 'x'), WITHOUT)
    const xz = execFileSync('xz', ['-c', join(tmp.path, 'x')], { maxBuffer: 1 << 26 })
    assert.equal(await look(xz), undefined)
    assert.equal(await look(Buffer.from('070701 nonsense')), undefined)
    writeFileSync(join(tmp.path, 'cut'), gzipSync(WITHOUT))
    truncateSync(join(tmp.path, 'cut'), 400)
    assert.equal(await mountsNfs(join(tmp.path, 'cut')), undefined)
    assert.equal(await mountsNfs(join(tmp.path, 'none')), undefined)
  })
})
