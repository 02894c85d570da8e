import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ErrorCode } from '../../src/errors/codes/index.ts'
import { BeError } from '../../src/errors/errors.ts'
import { checkHostName } from '../../src/machines/host-name.ts'
import { parseMachine } from '../../src/machines/machine.ts'
import { parseSecureOn } from '../../src/machines/secureon.ts'
import { beError } from '../support/errors.ts'

const mac = '02:01:02:03:04:05'

describe('a machine', () => {
  it('is stored in canonical spelling', () => {
    const given = { name: 'lab-7', mac: '0201.0203.0405', uuid: 'AABBCCDD-0011-2233-4455-66778899AABB' }
    assert.deepEqual(
      parseMachine({ ...given, ip: '192.168.2.7', host: 'seven.lab.example', kind: 'bhyve' }),
      {
        name: 'lab-7',
        mac,
        uuid: 'aabbccdd-0011-2233-4455-66778899aabb',
        ip: '192.168.2.7',
        host: 'seven.lab.example',
        kind: 'bhyve',
      },
    )
  })

  it('each invalid field has its own error', () => {
    const wrong: [object, ErrorCode][] = [
      [{ name: '-x' }, 'BE_MACHINE_NAME'],
      [{ name: 'a b' }, 'BE_MACHINE_NAME'],
      [{ name: '020102030405' }, 'BE_MACHINE_NAME'],
      [{ name: '192.168.2.7' }, 'BE_MACHINE_NAME'],
      [{ mac: 'm1' }, 'BE_MAC_INVALID'],
      [{ uuid: '1234' }, 'BE_MACHINE_UUID'],
      [{ ip: '192.168.2.256' }, 'BE_MACHINE_IP'],
      [{ ip: '192.168.2.7/24' }, 'BE_MACHINE_IP'],
      [{ ip: '0.0.0.0' }, 'BE_MACHINE_IP'],
      [{ ip: '127.0.0.1' }, 'BE_MACHINE_IP'],
      [{ ip: '224.0.0.1' }, 'BE_MACHINE_IP'],
      [{ ip: '255.255.255.255' }, 'BE_MACHINE_IP'],
      [{ host: 'under_score' }, 'BE_HOST_NAME'],
      [{ password: 'secret' }, 'BE_WOL_PASSWORD'],
      [{ kind: 'toaster' }, 'BE_MACHINE_KIND'],
      [{ clientId: '0x1' }, 'BE_CLIENT_ID'],
    ]
    for (const [field, code] of wrong) {
      const given = { name: 'm1', mac, ...field }
      assert.throws(() => parseMachine(given), beError(code), JSON.stringify(field))
    }
  })

  it('an error does not show the password', () => {
    assert.throws(
      () => parseSecureOn('hunter2'),
      error => !(error as BeError).line.includes('hunter2'),
    )
  })

  it('host names follow RFC 1123', () => {
    for (const name of ['a', '3com', 'a-b', 'a.b-c.d', 'x'.repeat(63)])
      assert.equal(checkHostName(name), name)
    for (const name of ['', '.', 'a.', 'a..b', '-a', 'a-', 'ä', 'x'.repeat(64), `${'a.'.repeat(126)}ab`]) {
      assert.throws(() => checkHostName(name), beError('BE_HOST_NAME'), name)
    }
  })

  it('any text is refused or has neither blanks nor control characters', () => {
    const text = fc.string({ unit: 'binary', maxLength: 70 })
    fc.assert(
      fc.property(text, text, text, (name, ip, host) => {
        try {
          const machine = parseMachine({ name, mac, ip, host })
          assert.match(`${machine.name}${machine.ip}${machine.host}`, /^[A-Za-z0-9.-]+$/)
        } catch (error) {
          assert.ok(error instanceof BeError)
          assert.doesNotMatch(error.line, /[\n\r]/)
        }
      }),
    )
  })
})

describe('SecureOn passwords', () => {
  it('are six bytes like a MAC or four like an address', () => {
    assert.deepEqual(parseSecureOn('00:11:22:33:44:55'), Buffer.from('001122334455', 'hex'))
    assert.deepEqual(parseSecureOn('192.168.1.1'), Buffer.from([192, 168, 1, 1]))
    // Any six bytes: in a password the group bit of a MAC has no meaning.
    assert.deepEqual(parseSecureOn('ff-ff-ff-ff-ff-ff'), Buffer.alloc(6, 0xff))
    for (const text of ['', '1.2.3', '1.2.3.4/24', '00:11:22']) {
      assert.throws(() => parseSecureOn(text), beError('BE_WOL_PASSWORD'), text)
    }
  })
})
