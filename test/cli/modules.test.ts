import assert from 'node:assert/strict'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Prints the URL of each module that is loaded. */
const TRACE = `import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context) } })`

describe('the modules of a command', () => {
  const tmp = temporaryDirectory()

  /** What a command loads, run from the sources. */
  async function modules(...args: string[]): Promise<string[]> {
    const trace = `data:text/javascript,${encodeURIComponent(TRACE)}`
    const env = { NBE_STATE_DIR: join(tmp.path, 'state'), NBE_BE_ROOT: tmp.path }
    const argv = [process.execPath, '--import', trace, join(ROOT, 'src/cli/main.ts'), ...args]
    const { stderr } = await run(argv, { timeoutMs: 60_000, env })
    return stderr.split('\n').map(url => (url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url))
  }

  it('are its own: be list loads no other verb, no server, no launch, and no slow library', async () => {
    const loaded = await modules('list')
    assert.ok(loaded.includes('src/cli/list.ts'))
    const others = /^src\/(serve|tftp|http|launch|wol|cli\/(?!main|run|program|list|support))\/?/
    // Where the states of virtual machines are, which run boot environments.
    const states = /^src\/launch\/common\/vm\/(files|state)\.ts$/
    const slow = /^node:(http|crypto|child_process)$|^node_modules\/execa\//
    // commander has node:child_process for commands that are programs of their own.
    const needless = loaded.filter(one => (others.test(one) && !states.test(one)) || slow.test(one))
    assert.deepEqual(needless, ['node:child_process'])
  })
})
