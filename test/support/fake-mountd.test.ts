import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { FakeHost } from './fake-host.ts'
import { readExports } from './fake-mountd.ts'

/** All cases were observed with the real mountd. */
describe('support/fake-mountd: refuses the lines that mountd refuses, and exports the others', () => {
  let host: FakeHost
  beforeEach(() => {
    host = new FakeHost('freebsd')
    for (const name of ['a', 'b', 'good']) host.mount(`zroot/${name}`, `/ROOT/${name}`)
    host.directory('/ROOT/a/usr')
    host.links.set('/link', '/ROOT/a')
    host.directory('/link')
  })

  const NET = '-network 10.0.0.0 -mask 255.0.0.0'
  const read = (...lines: string[]) => {
    host.files.set('/etc/exports', [...lines, `/ROOT/good ${NET}`, ''].join('\n'))
    const { granted, listed, said } = readExports(host, ['/etc/exports'])
    assert.ok(granted.has('/ROOT/good'), 'the other line is exported')
    granted.delete('/ROOT/good')
    return { granted: [...granted.keys()], listed, said: said.join('\n') }
  }

  for (const [what, line, words] of [
    ['a directory that is not there', `/ROOT/none ${NET}`, /statfs failed/],
    ['a link', `/link ${NET}`, /symbolic link in export path/],
    ['two file systems on a line', `/ROOT/a /ROOT/b ${NET}`, /fsid mismatch/],
    ['an unknown option', `/ROOT/a -frobnicate ${NET}`, /bad opt -frobnicate/],
    ['quotes', `"/ROOT/a" ${NET}`, /bad exports list line/],
    ['a network and hosts', `/ROOT/a ${NET} 10.0.0.1`, /network\/host conflict/],
    ['options before the path', `-ro /ROOT/a ${NET}`, /flag before export path/],
  ] as const) {
    it(what, () => {
      const { granted, said } = read(line)
      assert.deepEqual(granted, [])
      assert.match(said, words)
      assert.match(said, /bad exports list line/)
    })
  }

  it('a second line for one file system and network, whose path stays listed', () => {
    const { granted, listed, said } = read(`/ROOT/a ${NET}`, `/ROOT/a/usr ${NET}`)
    assert.deepEqual(granted, ['/ROOT/a'])
    assert.ok(listed.includes('/ROOT/a/usr'))
    assert.match(
      said,
      /can't change attributes for \/ROOT\/a\/usr: netcred already exists for given addr\/mask/,
    )
  })

  it('takes several paths of one file system on one line', () => {
    assert.deepEqual(read(`/ROOT/a /ROOT/a/usr -maproot=root ${NET}`).granted, ['/ROOT/a', '/ROOT/a/usr'])
  })
})
