import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Inputs, load } from '../../src/config/load.ts'
import { KEYS, type KeyName } from '../../src/config/schema.ts'
import { BeError } from '../../src/errors/errors.ts'

const toml = (text: string): Inputs => ({ file: { name: 'be.toml', text } })
const failure = (inputs: Inputs): string => {
  try {
    load(inputs)
  } catch (error) {
    assert.ok(error instanceof BeError, String(error))
    return error.line
  }
  throw new Error('nothing was refused')
}

describe('config/load', () => {
  it('is safe with none at all: proxy mode, no exports of its own', () => {
    const { settings, sources } = load({})
    assert.equal(settings['dhcp.mode'], 'proxy')
    assert.equal(settings['nfs.driver'], 'auto')
    assert.equal(settings['be.root'], '/ROOT')
    assert.equal(sources['be.root'], 'default')
  })

  it('takes no line end in a path or a command line, which would end in scripts, logs and exports; said on one line', () => {
    for (const key of ['be.root', 'boot.cmdline'] as const) {
      const line = failure(toml(`${key} = "/a\\nb"`))
      assert.match(
        line,
        new RegExp(`^be\\.toml:1: ${key}: expected .*, found "/a\\\\nb" \\[BE_CONFIG_VALUE\\]$`),
      )
    }
    assert.equal(load(toml('be.root = "/Bücher und mehr"')).settings['be.root'], '/Bücher und mehr')
  })

  it('lets a flag win over the environment, that over the file, that over the default', () => {
    const file = { name: 'be.toml', text: '[be]\nroot = "/file"\n[tftp]\nport = 1069\n' }
    const environment = { NBE_BE_ROOT: '/env', NBE_HTTP_PORT: '81' }
    assert.equal(load({ file }).settings['be.root'], '/file')
    assert.equal(load({ file, environment }).settings['be.root'], '/env')
    const all = load({ file, environment, flags: { 'be.root': '/flag' } })
    assert.equal(all.settings['be.root'], '/flag')
    assert.equal(all.settings['tftp.port'], 1069)
    assert.equal(all.settings['http.port'], 81)
    assert.deepEqual(
      [all.sources['be.root'], all.sources['http.port'], all.sources['tftp.port']],
      ['--be-root', 'NBE_HTTP_PORT', 'be.toml:4'],
    )
  })

  it('names file, line, setting, what was expected and what was found', () => {
    const text = '# my lab\n[lab]\naddress = "192.168.2.1/24"\n\npool = "many"\n'
    assert.equal(
      failure(toml(text)),
      'be.toml:5: lab.pool: expected first and last address, as 192.168.2.100-192.168.2.199, found "many" [BE_CONFIG_VALUE]',
    )
    assert.match(
      failure(toml('tftp.port = "x"')),
      /^be\.toml:1: tftp\.port: expected a whole number from 1 to 65535, found "x"/,
    )
    assert.match(
      failure(toml('[nfs]\nreadonly = 1')),
      /^be\.toml:2: nfs\.readonly: expected true or false, found 1/,
    )
    assert.match(failure(toml('[lab]\ndns = "1.1.1.1"')), /expected a list of: an IPv4 address/)
    assert.match(
      failure({ environment: { NBE_DHCP_MODE: 'rogue' } }),
      /^NBE_DHCP_MODE: dhcp\.mode: expected proxy or authority or off/,
    )
    assert.match(failure({ flags: { 'http.port': '0' } }), /^--http-port: http\.port/)
  })

  it('refuses what it does not know, and says what may have been meant', () => {
    for (const [text, says] of [
      ['[lab]\npoool = 1', 'be.toml:2: lab.poool: no such setting; did you mean lab.pool?'],
      ['[labb]\nx = 1', 'be.toml:1: [labb]: no such setting; did you mean lab?'],
      ['pool = 1', 'be.toml:1: pool: no such setting; did you mean lab.pool?'],
      ['[dhcp]\npool = 1', 'be.toml:2: dhcp.pool: no such setting; did you mean lab.pool?'],
      ['[lab]\nnothing-like-it = 1', 'be.toml:2: lab.nothing-like-it: no such setting; see be help settings'],
      ['[lab]\n__proto__ = 1', 'be.toml:2: lab.__proto__: no such setting; see be help settings'],
      ['[constructor]\nx = 1', 'be.toml:1: [constructor]: no such setting; see be help settings'],
    ] as const) {
      assert.equal(failure(toml(text)), `${says} [BE_CONFIG_KEY]`)
    }
  })

  it('takes no value in place of a table, nor an array of tables', () => {
    assert.match(failure(toml('\nlab = 3')), /^be\.toml:2: lab: expected a table, \[lab\], found 3 /)
    assert.match(failure(toml('[[lab]]\npool = 3')), /: expected a table, \[lab\], found \[/)
  })

  it('quotes what was found so that it stays one short line', () => {
    assert.match(failure(toml('be.root = "ROOT\\nx"')), /: expected an absolute path, found "ROOT\\nx" /)
    assert.match(failure(toml('be.root = "/RO\\u001bOT"')), /: expected an absolute path, found "/)
    assert.match(failure(toml('boot.cmdline = "quiet\\nshell"')), /: expected one line of printable ASCII/)
    assert.match(failure(toml('http.port = nan')), /, found NaN /)
    assert.match(failure(toml('be.parent = "bd/be/"')), /: expected a data set, as zroot/)
    assert.ok(failure(toml(`be.store = "${'x'.repeat(100_000)}"`)).length < 250)
  })

  it('points at the line of a syntax error', () => {
    assert.match(failure(toml('[lab]\npool = \n')), /^be\.toml:2: not TOML: .* \[BE_CONFIG_SYNTAX\]$/)
  })

  it('reads every key from the environment with the type that the file would have', () => {
    const given: Record<string, string> = { NBE_LAB_DNS: '192.168.2.1, 9.9.9.9', NBE_NFS_READONLY: 'yes' }
    const { settings } = load({ environment: given })
    assert.deepEqual(settings['lab.dns'], ['192.168.2.1', '9.9.9.9'])
    assert.equal(settings['nfs.readonly'], true)
  })

  it('answers any text with settings or with one clear line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(KEYS) as KeyName[])), fc.string(), (name, value) => {
        try {
          load({ flags: { [name]: value } })
        } catch (error) {
          assert.ok(error instanceof BeError && !error.line.includes('\n    at '))
        }
      }),
    )
  })
})
