import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, renameSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { atPath, findPlace } from '../../../src/be/tree/walk.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('paths inside a boot environment', () => {
  const tmp = temporaryDirectory()
  let root: string
  const link = (target: string, path: string) => symlinkSync(target, join(root, path))

  beforeEach(() => {
    root = join(tmp.path, 'be')
    mkdirSync(join(root, 'boot/kernel'), { recursive: true })
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'boot/loader.efi'), '')
    writeFileSync(join(root, 'etc/passwd'), 'inside')
    writeFileSync(join(tmp.path, 'secret'), 'outside')
  })

  const resolves = (path: string, to: string | undefined) => {
    const found = findPlace(root, path)
    assert.equal(found?.stat && found.path, to, path)
  }

  it('resolve with a leading slash and with dots too', () => {
    for (const path of [
      'boot/loader.efi',
      '/boot/loader.efi',
      'boot//./loader.efi',
      'etc/../boot/loader.efi',
    ]) {
      resolves(path, 'boot/loader.efi')
    }
    resolves('', '')
    resolves('boot/kernel', 'boot/kernel')
  })

  it('stay in the root: neither .. nor a link leads to the host', () => {
    link('../../secret', 'up')
    link(join(tmp.path, 'secret'), 'absolute')
    link('/etc', 'host-etc')
    link('..', 'boot/out')
    resolves('../secret', undefined)
    resolves('up', undefined)
    resolves('absolute', undefined)
    resolves('host-etc/passwd', 'etc/passwd')
    resolves('boot/out/../../secret', undefined)
    resolves('../../etc/passwd', 'etc/passwd')
  })

  it('follow links as a chroot does, whole directories too', () => {
    link('/boot', 'b')
    link('b/loader.efi', 'l')
    link('../boot/loader.efi', 'etc/up')
    resolves('l', 'boot/loader.efi')
    resolves('etc/up', 'boot/loader.efi')
  })

  it('are undefined when missing, looping, through a file, or with a NUL', () => {
    link('loop', 'loop')
    link('pong', 'ping')
    link('ping', 'pong')
    for (const path of ['none', 'loop', 'ping', 'etc/passwd/..', 'etc/passwd/', 'etc/passwd/x', 'etc\0']) {
      resolves(path, undefined)
    }
    assert.equal(findPlace(join(tmp.path, 'none'), ''), undefined)
  })

  it('may be deeper than a path may be long', () => {
    const names = Array.from({ length: 1200 }, (_, depth) => `${depth}`.padStart(4, 'd'))
    const home = process.cwd()
    process.chdir(root)
    for (const name of names) {
      mkdirSync(name)
      process.chdir(name)
    }
    writeFileSync('deep', '')
    process.chdir(home)
    const deep = [...names, 'deep'].join('/')
    assert.equal(findPlace(root, deep)?.path, deep)
    assert.throws(() => atPath(root, `${'etc/../'.repeat(5000)}etc`, () => {}), { code: 'ELOOP' })
  })

  it('lead where they do for a model of chroot(2), and never out, whatever links the tree has', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const part = fc.oneof({ weight: 3, arbitrary: name }, fc.constantFrom('..', '.', '', 'x'))
    const path = fc.array(part, { maxLength: 6 }).map(parts => parts.join('/'))
    const entry = fc.tuple(
      fc.array(name, { minLength: 1, maxLength: 3 }),
      fc.oneof(
        fc.constant('directory' as const),
        fc.constant('file' as const),
        path.map(to => ({ to: to || '/' })),
      ),
    )
    let trees = 0
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.array(path, { maxLength: 4 }), (entries, paths) => {
        const top = join(tmp.path, `fuzz${trees++}`)
        for (const outside of ['a', 'b', 'x']) mkdirSync(join(top, outside), { recursive: true })
        const dir = join(top, 'be')
        const model = plantModel(dir, entries)
        for (const asked of paths) {
          const place = findPlace(dir, asked)
          assert.equal(place?.stat && place.path, follow(model, asked), asked)
          if (place?.stat === undefined) continue
          const inode = (at: string) => lstatSync(at, { bigint: true }).ino
          assert.equal(place.stat.ino, inode(join(dir, place.path)))
          assert.equal(
            atPath(dir, asked, ({ name }) => inode(name)),
            place.stat.ino,
          )
        }
        assert.equal(process.cwd(), home)
      }),
      { numRuns: 300 },
    )
  })

  const home = process.cwd()

  it('end at the former working directory, whatever the work does, or at / if that is gone', () => {
    assert.throws(() => atPath(root, 'etc/passwd', () => assert.fail('on purpose')), /on purpose/)
    assert.equal(process.cwd(), home)
    const gone = join(tmp.path, 'gone')
    mkdirSync(gone)
    process.chdir(gone)
    try {
      rmdirSync(gone)
      assert.equal(findPlace(root, 'etc/passwd')?.path, 'etc/passwd')
      assert.equal(process.cwd(), '/')
    } finally {
      process.chdir(home)
    }
  })

  it('are not walked within another walk, from which no way leads back', () => {
    assert.throws(() => atPath(root, 'etc', () => atPath(root, 'boot', () => {})), /within another/)
    assert.equal(process.cwd(), home)
  })

  it('are refused when a directory is replaced between the look at it and the step into it', () => {
    mkdirSync(join(tmp.path, 'outside'))
    writeFileSync(join(tmp.path, 'outside/passwd'), 'outside')
    const { chdir } = process
    const swap = (name: string) => {
      if (name === 'etc') {
        renameSync('etc', 'etc.away')
        symlinkSync(join(tmp.path, 'outside'), 'etc')
      }
      chdir(name)
    }
    process.chdir = swap
    try {
      assert.throws(() => atPath(root, 'etc/passwd', ({ stat }) => stat), { code: 'ESTALE' })
    } finally {
      process.chdir = chdir
    }
  })
})

/** A tree in memory: what is at each path; `''` is the root. */
type Model = Map<string, 'directory' | 'file' | { to: string }>

/** Makes what can be made of these entries in a new directory, in their order, and a model of it. */
function plantModel(
  dir: string,
  entries: readonly [path: string[], what: 'directory' | 'file' | { to: string }][],
): Model {
  const model: Model = new Map([['', 'directory']])
  mkdirSync(dir)
  for (const [parts, what] of entries) {
    const path = parts.join('/')
    if (model.has(path) || model.get(parts.slice(0, -1).join('/')) !== 'directory') continue
    model.set(path, what)
    if (what === 'directory') mkdirSync(join(dir, path))
    else if (what === 'file') writeFileSync(join(dir, path), '')
    else symlinkSync(what.to, join(dir, path))
  }
  return model
}

/** Where a path leads in a model; undefined: nowhere. */
function follow(model: Model, path: string): string | undefined {
  const split = (text: string) => text.replace(/\/$/, '/.').split('/').filter(Boolean)
  let at: string[] = []
  let todo = split(path)
  for (let links = 0; todo.length > 0; ) {
    const [part, ...rest] = todo as [string, ...string[]]
    todo = rest
    if (part === '.' || part === '..') {
      if (part === '..') at = at.slice(0, -1)
      continue
    }
    const there = model.get([...at, part].join('/'))
    if (there === undefined || (there === 'file' && rest.length > 0)) return undefined
    if (typeof there === 'string') at = [...at, part]
    else if (++links > 40) return undefined
    else {
      if (there.to.startsWith('/')) at = []
      todo = [...split(there.to), ...rest]
    }
  }
  return at.join('/')
}
