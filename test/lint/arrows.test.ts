import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ARROWS, forbidden, overrides, table } from '../../scripts/arrows.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ROOMS = Object.keys(ARROWS)
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

describe('the rooms of src', () => {
  it('are those of the table; no file is longer than 300 lines', () => {
    assert.deepEqual(readdirSync(join(ROOT, 'src')).sort(), [...ROOMS].sort())
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const long = files.filter(
      path => path.endsWith('.ts') && read(join('src', path)).split('\n').length > 301,
    )
    assert.deepEqual(long, [])
  })

  it('are in biome.json and docs/architecture.md as in the table', () => {
    assert.deepEqual(JSON.parse(read('biome.json')).overrides, overrides())
    assert.ok(read('docs/architecture.md').includes(`${table()}\n`))
  })

  it('import only rooms that are below them in the table', () => {
    for (const [place, room] of ROOMS.entries()) {
      const up = ARROWS[room]!.filter(other => ROOMS.indexOf(other) >= place)
      assert.deepEqual(up, [], room)
    }
  })
})

describe('the linter', function () {
  this.timeout(60_000)
  const tmp = temporaryDirectory()

  /** The files, in a directory with our biome.json, in which the linter finds an error of this rule. */
  function caught(rule: string, files: Record<string, string>): string[] {
    const config = JSON.parse(read('biome.json'))
    const all = { ...files, 'biome.json': JSON.stringify({ ...config, vcs: undefined, $schema: undefined }) }
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(tmp.path, path)), { recursive: true })
      writeFileSync(join(tmp.path, path), text)
    }
    const argv = ['lint', '--reporter=json', '--max-diagnostics=none', '.']
    const { stdout, stderr } = spawnSync('biome', argv, { cwd: tmp.path, encoding: 'utf8' })
    assert.match(stdout, /^\{/m, stderr)
    const { diagnostics } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      diagnostics: { category: string; severity: string; location: { path: string | { file: string } } }[]
    }
    const found = diagnostics.filter(
      ({ category, severity }) => category.endsWith(rule) && severity === 'error',
    )
    const paths = found.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file))
    return [...new Set(paths)].sort()
  }

  const value = (from: string) => `import { a } from '${from}'\nexport const b = a\n`
  const type = (from: string) => `import type { A } from '${from}'\nexport type B = A\n`

  it('reports each import between rooms that the table does not allow, of types too, and no other', () => {
    const files: Record<string, string> = {}
    const wrong: string[] = []
    for (const room of ROOMS) {
      for (const other of ROOMS) {
        if (other === room) continue
        const path = `src/${room}/deep/${other}.ts`
        files[path] = (room < other ? value : type)(`../../${other}/some/file.ts`)
        if (forbidden(room).includes(other)) wrong.push(path)
      }
    }
    assert.deepEqual(caught('noRestrictedImports', files), wrong.sort())
  })

  it('reports sockets outside of src/net, SQL outside of src/state, and tests in src', () => {
    const wrong = {
      'src/dhcp/socket.ts': value('node:dgram'),
      'src/lab/sql.ts': value('node:sqlite'),
      'src/net/fake.ts': value('../../test/support/fake.ts'),
    }
    const right = { 'src/net/socket.ts': value('node:dgram'), 'src/state/sql.ts': value('node:sqlite') }
    assert.deepEqual(caught('noRestrictedImports', { ...wrong, ...right }), Object.keys(wrong).sort())
  })

  it('reports an import circle, of types too', () => {
    const files = {
      'src/be/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
      'src/be/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
      'src/be/c.ts': "import type { D } from './d.ts'\nexport type C = D[]\n",
      'src/be/d.ts': "import type { C } from './c.ts'\nexport type D = C | 1\n",
      'src/be/e.ts': "import type { C } from './c.ts'\nexport type E = C\n",
    }
    const circles = ['src/be/a.ts', 'src/be/b.ts', 'src/be/c.ts', 'src/be/d.ts']
    assert.deepEqual(caught('noImportCycles', files), circles)
  })
})

describe('codecs', () => {
  const CODECS = [
    ...['dhcp/message.ts', 'dhcp/reply.ts', 'dhcp/request-fields.ts', 'dhcp/options/table.ts'],
    ...['dhcp/options/text.ts', 'dhcp/options/types.ts', 'tftp/packet.ts', 'tftp/options.ts', 'rpc/xdr.ts'],
    ...['rpc/record.ts', 'rpc/protocol.ts', 'rpc/mount.ts', 'rpc/portmap.ts', 'rpc/client/message.ts'],
    ...['rpc/server/message.ts', 'nfs/embedded/files/handle.ts', 'net/ipv4.ts', 'boot/plan.ts'],
  ]

  /** All modules that a file of src imports at run time, directly and indirectly. */
  function imported(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen
    seen.add(path)
    if (path.startsWith('node:') || !path.endsWith('.ts')) return seen
    const found = read(path).matchAll(/^(?:import|export) (?!type )[^']*?(?:from )?'([^']+)'/gm)
    for (const [, from] of found) imported(from!.startsWith('.') ? join(dirname(path), from!) : from!, seen)
    return seen
  }

  const IO = /^node:(fs|net|dgram|http|https|child_process|sqlite|os|timers|worker_threads)\b|^execa$/
  const ioOf = (path: string): string[] =>
    [...imported(join('src', path))].filter(module => IO.test(module)).sort()

  it('and the boot plan import nothing that does I/O', () => {
    assert.deepEqual(ioOf('dhcp/leases/log.ts'), ['node:fs', 'node:fs/promises'], 'it would be seen')
    const found = CODECS.filter(codec => ioOf(codec).length > 0)
    assert.deepEqual(found, [])
  })
})
