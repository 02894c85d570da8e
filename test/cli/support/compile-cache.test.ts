import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../src/host/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const MODULE = new URL('../../../src/cli/support/compile-cache.ts', import.meta.url).href

describe('cli/compile-cache', () => {
  const tmp = temporaryDirectory()

  /** The number of files that a process leaves in the directory. */
  async function kept(name: string): Promise<number> {
    const dir = join(tmp.path, name)
    const script = `const { keepCompiledCode } = await import('${MODULE}')
keepCompiledCode(${JSON.stringify(dir)}, 5)
await import('data:text/javascript,export%20const%20a=1')`
    const argv = [process.execPath, '--input-type=module', '-e', script]
    await run(argv, { timeoutMs: 60_000, env: { NODE_COMPILE_CACHE: '' } })
    try {
      return readdirSync(dir, { recursive: true, withFileTypes: true }).filter(file => file.isFile()).length
    } catch {
      return 0
    }
  }

  it('is kept in a directory that it makes, for its user alone', async () => {
    assert.equal(await kept('new/nbe'), 1)
    assert.equal(await kept('new/nbe'), 1)
  })

  it('is not kept in a directory that another user made or can write to, a link or a file', async () => {
    const path = (name: string) => join(tmp.path, name)
    mkdirSync(path('open'))
    chmodSync(path('open'), 0o777)
    assert.equal(await kept('open'), 0)
    mkdirSync(path('other'), 0o700)
    chownSync(path('other'), 65534, 65534)
    assert.equal(await kept('other'), 0)
    symlinkSync(path('other'), path('link'))
    assert.equal(await kept('link'), 0)
    writeFileSync(path('file'), '')
    assert.equal(await kept('file'), 0)
  })

  it('is removed when it has become large', async () => {
    await kept('nbe')
    const [version] = readdirSync(join(tmp.path, 'nbe'))
    for (let n = 0; n < 6; n++) writeFileSync(join(tmp.path, 'nbe', version!, String(n)), '')
    assert.ok((await kept('nbe')) < 6)
  })
})
