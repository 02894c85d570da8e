import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { BeError } from '../../src/errors/errors.ts'
import { detectPlatform, installHint, platformFacts } from '../../src/host/platform.ts'

describe('host/platform', () => {
  it('follows hier(7) on FreeBSD', () => {
    assert.equal(platformFacts('freebsd').configFile, '/usr/local/etc/be.toml')
    assert.equal(platformFacts('freebsd').stateDir, '/var/db/nbe')
    assert.equal(platformFacts('linux').configFile, '/etc/be.toml')
  })

  it('refuses other platforms', () => {
    assert.equal(detectPlatform('freebsd'), 'freebsd')
    assert.throws(
      () => detectPlatform('sunos'),
      (e: unknown) => e instanceof BeError && e.code === 'BE_PLATFORM_UNKNOWN',
    )
  })

  it('names the command that installs a missing program', () => {
    assert.equal(installHint('/usr/bin/ganesha.nfsd', 'linux'), 'apt-get install nfs-ganesha nfs-ganesha-vfs')
    assert.equal(installHint('ipxe', 'freebsd'), 'pkg install ipxe')
    assert.equal(installHint('rpcbind', 'freebsd'), 'it belongs to the FreeBSD base system')
  })
})
