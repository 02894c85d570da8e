import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileTree } from '../../src/boot/files/file-tree.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { Lab, pattern } from './support.ts'

describe('tftp of a file that is replaced during the transfer', () => {
  const tmp = temporaryDirectory()
  const [OLD, NEW] = [pattern(900_000), Buffer.from(pattern(900_000)).reverse()]

  it('a transfer sends the old content to its end; the next one sends the new', async () => {
    const file = join(tmp.path, 'kernel')
    writeFileSync(file, OLD)
    const files = new FileTree({
      pxe: [tmp.path],
      bePath: async () => undefined,
      machineBe: async () => undefined,
    })
    const lab = await new Lab({ files }).up()
    let replaced = false
    const got = await lab.get('kernel', {
      options: [['blksize', '1428']],
      onPacket: packet => {
        if (packet.kind === 'data' && packet.block === 50 && !replaced) {
          writeFileSync(`${file}.new`, NEW)
          renameSync(`${file}.new`, file)
          replaced = true
        }
        return undefined
      },
    })
    assert.ok(replaced)
    assert.ok(got.bytes.equals(OLD))
    const next = await lab.get('kernel', { address: '10.0.0.3', options: [['blksize', '1428']] })
    assert.ok(next.bytes.equals(NEW))
  })
})
