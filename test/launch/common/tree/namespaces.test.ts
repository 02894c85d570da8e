import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { linuxJail } from '../../../../src/launch/common/tree/namespaces.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'

describe('a jail of namespaces', () => {
  const tmp = temporaryDirectory()

  it('writes nothing to the host when somebody replaces /dev of the tree while it is set up', async () => {
    const path = (name: string) => join(tmp.path, name)
    for (const dir of ['be/dev', 'be/proc', 'outside', 'bin']) mkdirSync(path(dir), { recursive: true })
    execFileSync('mkfifo', [path('mounted'), path('go')])
    // mount(8) that waits, when it has mounted on dev, until that was replaced.
    const real = execFileSync('sh', ['-c', 'command -v mount'], { encoding: 'utf8' }).trim()
    const script = `#!/bin/sh
      ${real} "$@" || exit
      case "$*" in *' dev') echo > ${path('mounted')}; read -r _ < ${path('go')};; esac`
    writeFileSync(path('bin/mount'), script)
    chmodSync(path('bin/mount'), 0o755)
    const [program, ...args] = linuxJail({ path: path('be'), hostname: 'j', network: true })
    const env = { ...process.env, PATH: `${path('bin')}:${process.env.PATH}` }
    const jail = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const over = Promise.race([once(jail, 'exit'), once(jail.stdout, 'data')])
    try {
      await readFile(path('mounted'))
      renameSync(path('be/dev'), path('be/dev.away'))
      symlinkSync(path('outside'), path('be/dev'))
      await writeFile(path('go'), '\n')
      await over
      assert.deepEqual(readdirSync(path('outside')), [])
    } finally {
      jail.kill('SIGKILL')
      if (jail.exitCode === null && jail.signalCode === null) await once(jail, 'exit')
    }
  })
})
