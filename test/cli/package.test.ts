import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../../src/host/run.ts'

const ROOT = resolve(import.meta.dirname, '../..')

describe('the npm package', function () {
  this.timeout(180_000)
  let dir: string
  let files: string[]

  /** Packs a copy of the checkout, and unpacks it. */
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'nbe-'))
    const copy = join(dir, 'copy')
    const { files: wanted } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const name of ['src', 'scripts', 'package.json', 'tsconfig.json', 'README.md', ...wanted]) {
      if (name !== 'dist') cpSync(join(ROOT, name), join(copy, name), { recursive: true })
    }
    // These exist, but must not be packed.
    for (const name of ['test', 'bench']) mkdirSync(join(copy, name), { recursive: true })
    cpSync(import.meta.filename, join(copy, 'test/package.test.ts'))
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    const options = { cwd: copy, timeoutMs: 170_000, env: { npm_config_offline: 'true' } }
    const { stdout } = await run(['npm', 'pack', '--json', '--pack-destination', dir], options)
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')))
    files = packed.files.map(({ path }: { path: string }) => path)
    await run(['tar', '-xzf', join(dir, packed.filename), '-C', dir], { timeoutMs: 20_000 })
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  const be = async (...args: string[]): Promise<string> => {
    const settings = { NBE_STATE_DIR: join(dir, 'state'), NBE_BE_ROOT: join(dir, 'ROOT') }
    const main = join(dir, 'package/dist/cli/main.js')
    const { stdout } = await run([process.execPath, main, ...args], { timeoutMs: 20_000, env: settings })
    return stdout
  }

  it('has the program, the files that it serves, manuals and samples; no tests, no sources', () => {
    const has = (...paths: string[]) => {
      for (const path of paths) assert.ok(files.includes(path), path)
    }
    has('package.json', 'README.md', 'be.toml.sample', 'man/be.8', 'man/be.toml.5')
    has(
      'dist/cli/main.js',
      'dist/LICENSES',
      'pxe/README.md',
      'exports.d/README.md',
      'rc.d/bed',
      'systemd/bed.service',
    )
    const astray = files.filter(path =>
      /(^|\/)(test|bench|src|node_modules)\/|(?<!\.d)\.ts$|\.test\./.test(path),
    )
    assert.deepEqual(astray, [])
  })

  it('has a command with a #! line', () => {
    const main = join(dir, 'package/dist/cli/main.js')
    const { bin } = JSON.parse(readFileSync(join(dir, 'package/package.json'), 'utf8'))
    assert.equal(join(dir, 'package', bin.be), main)
    assert.match(readFileSync(main, 'utf8'), /^#!\/usr\/bin\/env node\n/)
    // npm makes it executable when it installs it.
    assert.ok(statSync(main).isFile())
  })

  it('runs without any other package, and has the licences of those in it', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    assert.equal(await be('--version'), version)
    assert.match(await be('help'), /^Usage: be /)
    assert.match(await be('serve', '-t', '--lab-address', '127.0.0.1/8'), /^\[lab\]\n[\s\S]*^\[dhcp\]\n/m)
    await be('create', '-l', 'linux', 'b1')
    await be('machine', 'add', 'm1', '02:00:00:00:00:01')
    assert.match(await be('list', '-H'), /^b1\tflat\t/)
    const { dependencies } = JSON.parse(readFileSync(join(dir, 'package/package.json'), 'utf8'))
    assert.equal(dependencies, undefined)
    const licenses = readFileSync(join(dir, 'package/dist/LICENSES'), 'utf8')
    for (const library of ['commander', 'execa', 'valibot']) {
      assert.match(licenses, new RegExp(`^${library} [\\d.]+: MIT\n\n[^]*Permission is hereby granted`, 'm'))
    }
    assert.match(await be('explain', 'm1', '--lab-address', '127.0.0.1/8'), /no boot environment is assigned/)
  })
})
