import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  freebsdExports,
  ganeshaExports,
  linuxExports,
  parseLinuxExports,
} from '../../src/nfs/exports-text.ts'
import { beError } from '../support/errors.ts'
import { aShare } from './shares.ts'

describe('nfs/exports-text', () => {
  describe('exports(5) of FreeBSD', () => {
    it('one network, root not mapped', () => {
      const line = '/ROOT/head -maproot=root -network 192.168.2.0 -mask 255.255.255.0\n'
      assert.equal(freebsdExports([aShare('head')]), line)
    })

    it('read-only and an unmapped root', () => {
      const share = aShare('head', { readOnly: true, maproot: undefined, clients: ['10.0.0.0/8'] })
      assert.equal(freebsdExports([share]), '/ROOT/head -ro -network 10.0.0.0 -mask 255.0.0.0\n')
    })

    it('networks and hosts are on different lines: mountd refuses a mix', () => {
      const share = aShare('head', { clients: ['192.168.2.0/25', '10.0.0.7/32', '10.0.0.8/32'] })
      assert.equal(
        freebsdExports([share]),
        '/ROOT/head -maproot=root -network 192.168.2.0 -mask 255.255.255.128\n' +
          '/ROOT/head -maproot=root 10.0.0.7 10.0.0.8\n',
      )
    })

    it('refuses a path with blanks or quotes: mountd of 12.1 would skip the line without a message', () => {
      for (const path of ['/ROOT/my be', '/ROOT/"x"', '/ROOT/a\\040b', "/ROOT/'", '/ROOT/#1']) {
        assert.throws(() => freebsdExports([aShare('x', { path })]), beError('BE_EXPORT_PATH'), path)
      }
    })
  })

  describe('exports(5) of Linux', () => {
    it('root not mapped, and an fsid', () => {
      const line = '/ROOT/head 192.168.2.0/24(rw,no_root_squash,no_subtree_check,fsid=42)\n'
      assert.equal(linuxExports([aShare('head', { id: 42 })]), line)
    })

    it('read-only, mapped to a user, for two clients', () => {
      const share = aShare('h', {
        readOnly: true,
        maproot: '65534:65533',
        clients: ['10.0.0.0/8', '192.168.2.7/32'],
      })
      const rights = '(ro,root_squash,anonuid=65534,anongid=65533,no_subtree_check,fsid=1)'
      assert.equal(linuxExports([share]), `/ROOT/h 10.0.0.0/8${rights} 192.168.2.7/32${rights}\n`)
    })

    it('a blank outside of ASCII is not escaped: three octal digits cannot hold it', () => {
      const line = linuxExports([aShare('x', { path: '/ROOT/my\u00a0be\u3000x' })])
      assert.match(line, /^\/ROOT\/my\u00a0be\u3000x 192/)
    })

    it('writes blanks as \\040, as the man page says', () => {
      assert.match(linuxExports([aShare('x', { path: '/ROOT/my "be"' })]), /^\/ROOT\/my\\040\\042be\\042 192/)
    })

    it('is parsed into arguments of exportfs -u', () => {
      const odd = { path: '/ROOT/my "be": naïve', clients: ['10.0.0.0/8', '192.168.2.7/32'] }
      const text = `# ours\n${linuxExports([aShare('x', odd), aShare('head')])}`
      assert.deepEqual(parseLinuxExports(text), [
        `10.0.0.0/8:${odd.path}`,
        `192.168.2.7/32:${odd.path}`,
        '192.168.2.0/24:/ROOT/head',
      ])
    })

    it('cannot map to a user by name', () => {
      const share = aShare('x', { maproot: 'operator' })
      assert.throws(() => linuxExports([share]), beError('BE_EXPORT_MAPROOT', /uid/))
    })
  })

  describe('file systems below a root, which NFSv3 does not cross into', () => {
    const deep = aShare('a', { id: 1, mountPoint: true, children: [{ path: '/ROOT/a/usr', id: 2 }] })

    it('FreeBSD: a line each, as mountd takes one file system a line', () => {
      const tail = '-maproot=root -network 192.168.2.0 -mask 255.255.255.0\n'
      assert.equal(freebsdExports([deep]), `/ROOT/a ${tail}/ROOT/a/usr ${tail}`)
    })

    it('Linux: an fsid each, and the option mountpoint', () => {
      const options = (id: number) => `(rw,no_root_squash,no_subtree_check,fsid=${id},mountpoint)`
      const client = '192.168.2.0/24'
      const lines = `/ROOT/a ${client}${options(1)}\n/ROOT/a/usr ${client}${options(2)}\n`
      assert.equal(linuxExports([deep]), lines)
    })

    it('nfs-ganesha: a block each', () => {
      const blocks = ganeshaExports(deep)
      assert.equal(blocks.match(/^EXPORT \{$/gm)!.length, 2)
      assert.match(blocks, /Export_Id = 2;\n {2}Path = "\/ROOT\/a\/usr";/)
    })
  })

  describe('nfs-ganesha', () => {
    it('access for the clients alone, root not mapped only on request', () => {
      const block = ganeshaExports(aShare('head', { readOnly: true, maproot: undefined, id: 9 }))
      assert.match(block, /Export_Id = 9;/)
      assert.match(block, /\n {2}Access_Type = None;/)
      assert.match(block, /Clients = 192\.168\.2\.0\/24;[^}]*Access_Type = RO;\n {4}Squash = Root_Squash;/)
      assert.match(ganeshaExports(aShare('head')), /Access_Type = RW;\n {4}Squash = No_Root_Squash;/)
      assert.match(
        ganeshaExports(aShare('head', { maproot: '7:8' })),
        /Anonymous_Uid = 7;\n {4}Anonymous_Gid = 8;/,
      )
    })

    it('refuses a path that would end its quotes', () => {
      for (const path of ['/ROOT/"; }', '/ROOT/a\nb', '/ROOT/a\\']) {
        assert.throws(() => ganeshaExports(aShare('x', { path })), beError('BE_EXPORT_PATH'), path)
      }
    })
  })
})
