import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { ganeshaConf } from '../../../src/nfs/drivers/ganesha-conf.ts'
import { criticalMessages } from '../../../src/nfs/drivers/ganesha-log.ts'
import { beError } from '../../support/errors.ts'

const LOG = `22/11/2026 22:02:57 : epoch 6b036691 : vm : nfs-ganesha-67[main] resolve_posix_filesystem :FSAL :CRIT :stat returned No such file or directory (2) while resolving export path /ROOT/gone
22/11/2026 22:02:57 : epoch 6b036691 : vm : nfs-ganesha-67[main] gsh_dbus_pkginit :DBUS :CRIT :dbus_bus_get failed (/ROOT/gone)
22/11/2026 22:02:57 : epoch 6b036691 : vm : nfs-ganesha-67[main] config_errs_to_log :CONFIG :CRIT :Config File (/etc/x.conf:2): Errors processing block (EXPORT)
22/11/2026 22:02:57 : epoch 6b036691 : vm : nfs-ganesha-67[main] nfs_start :NFS STARTUP :EVENT :             NFS SERVER INITIALIZED /ROOT/gone
`

describe('nfs/drivers/ganesha-conf', () => {
  it('enables what FreeBSD’s loader needs and Linux distributions disable', () => {
    const conf = ganeshaConf('10.9.0.1', ['/var/db/nbe/exports.d/head.ganesha.conf'])
    for (const line of ['Enable_UDP = true', 'Protocols = 3', 'mount_path_pseudo = false']) {
      assert.ok(conf.includes(`  ${line};\n`), line)
    }
    assert.ok(conf.endsWith('\n%include "/var/db/nbe/exports.d/head.ganesha.conf"\n'))
  })

  it('binds to the lab address, except on loopback, where ganesha cannot', () => {
    assert.match(ganeshaConf('10.9.0.1', []), /Bind_addr = 10\.9\.0\.1;/)
    assert.doesNotMatch(ganeshaConf('127.0.0.1', []), /Bind_addr/)
  })

  it('refuses a path that ganesha cannot include', () => {
    for (const path of ['/a b/x.conf', '/a+b', '/"', '/a:b']) {
      assert.throws(() => ganeshaConf('10.9.0.1', [path]), beError('BE_GANESHA_PATH'), path)
    }
  })
})

describe('nfs/drivers/ganesha-log', () => {
  it('finds the errors of one export among those that always occur', () => {
    const about = (path: string) => criticalMessages(LOG, text => text.includes(path))
    assert.equal(
      about('/ROOT/gone'),
      'stat returned No such file or directory (2) while resolving export path /ROOT/gone',
    )
    assert.equal(about('/ROOT/head'), '')
    assert.match(criticalMessages(LOG), /^stat returned.*\/ROOT\/gone$/)
  })
})
