import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findShim } from '../../src/lab/shim-chain.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('lab/shim-chain', () => {
  const tmp = temporaryDirectory()

  it('a shim counts when its GRUB is beside it', async () => {
    mkdirSync(tmp.path, { recursive: true })
    assert.deepEqual(await findShim(join(tmp.path, 'absent')), {})
    writeFileSync(join(tmp.path, 'shimx64.efi'), '')
    writeFileSync(join(tmp.path, 'grubaa64.efi'), '')
    assert.deepEqual(await findShim(tmp.path), {})
    writeFileSync(join(tmp.path, 'grubx64.efi'), '')
    assert.deepEqual(await findShim(tmp.path), { amd64: 'shimx64.efi' })
  })
})
