import assert from 'node:assert/strict'
import fc from 'fast-check'
import { variableOptions } from '../../../src/boot/options/variable-options.ts'
import { loaderConf } from '../../../src/boot/texts/loader-conf.ts'
import { nfsrootVariables } from '../../../src/boot/variables/kernel-variables.ts'
import type { Variable } from '../../../src/boot/variables/variable.ts'
import { BeError } from '../../../src/errors/errors.ts'

describe('loader environment', () => {
  const handle = Buffer.from('631083b5dea37b8f0a00000001020304', 'hex')
  const root = { server: '192.168.2.1', path: '/ROOT/head', handle, udp: true, tcp: true }

  it('spells the handle as the kernel reads it, with its length', () => {
    assert.deepEqual(nfsrootVariables(root, 'nolockd'), [
      ['boot.nfsroot.server', '192.168.2.1'],
      ['boot.nfsroot.nfshandle', 'X631083b5dea37b8f0a00000001020304X'],
      ['boot.nfsroot.nfshandlelen', '16'],
      ['boot.nfsroot.path', '/ROOT/head'],
      ['boot.nfsroot.options', 'nolockd'],
    ])
  })

  it('packs lists into 246 to 249 and values with semicolons into 250 to 254', () => {
    const options = variableOptions([
      ['nbe.be', 'head'],
      ['a', '1;2'],
      ['nbe.machine', 'm1'],
    ])
    assert.deepEqual(
      options.map(([code, value]) => [code, String(value)]),
      [
        [246, 'nbe.be=head;nbe.machine=m1'],
        [250, 'a=1;2'],
      ],
    )
  })

  it('arrives whole at a loader that splits as FreeBSD does, or is refused', () => {
    const name = fc.stringMatching(/^[a-z][a-z.]{0,30}$/)
    const value = fc.stringMatching(/^[ -~]{0,200}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 14 }), variables => {
        let options: ReturnType<typeof variableOptions>
        try {
          options = variableOptions(variables)
        } catch (error) {
          assert.ok(error instanceof BeError)
          return
        }
        assert.ok(options.every(([code, bytes]) => code >= 246 && code <= 254 && bytes.length <= 255))
        const seen = options.flatMap(([code, bytes]) =>
          code < 250 ? String(bytes).split(';') : [String(bytes)],
        )
        assert.deepEqual(seen.sort(), variables.map(pair => pair.join('=')).sort())
      }),
    )
  })

  it('refuses what loader.conf cannot hold', () => {
    const bad: Variable[] = [['x', 'say "hi"']]
    assert.throws(() => loaderConf(bad), { code: 'BE_VARIABLE' })
    assert.equal(loaderConf([['x', 'a b']]), 'x="a b"\n')
  })
})
