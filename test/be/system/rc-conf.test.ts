import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { lastValue, parseAssignments } from '../../../src/be/system/rc-conf.ts'
import { isYes } from '../../../src/host/checkyesno.ts'

const values = (text: string) => parseAssignments(text).map(({ name, value }) => [name, value])

describe('assignments of rc.conf(5)', () => {
  it('quotes, comments, separators, continuation; the later value wins', () => {
    const text = [
      '# ifconfig_em9="DHCP"',
      'hostname="a b" # mine',
      "motd='it''s'",
      'a=1; b=2',
      'long="one \\',
      'two"',
      'hostname=last',
      'no_newline="yes"',
    ].join('\n')
    assert.deepEqual(values(text), [
      ['hostname', 'a b'],
      ['motd', 'its'],
      ['a', '1'],
      ['b', '2'],
      ['long', 'one two'],
      ['hostname', 'last'],
      ['no_newline', 'yes'],
    ])
    assert.equal(lastValue(parseAssignments(text), 'hostname'), 'last')
  })

  it('nothing is executed: values that need the shell are unknown', () => {
    assert.deepEqual(values('a="$(reboot)"\nb=`halt`\nc="$d"\ne=\'$x\''), [
      ['a', undefined],
      ['b', undefined],
      ['c', undefined],
      ['e', '$x'],
    ])
  })

  it('the environment and arguments of a command are no assignments; those within if count', () => {
    assert.deepEqual(values('A=1 command B=2\necho C=3\nif true; then d=4; else e=5; fi\nexport f=6'), [
      ['d', '4'],
      ['e', '5'],
      ['f', '6'],
    ])
  })

  it('knows whether an assignment is alone on its lines', () => {
    const alone = (text: string) => parseAssignments(text).map(found => found.alone)
    assert.deepEqual(alone('  a=1 # why\nb=2;\nc=3; d=4\nif x; then e=5; fi\n'), [
      ...[true, true, false, false],
      false,
    ])
  })

  it('loader.conf(5): names with dots', () => {
    assert.deepEqual(values('vfs.root.mountfrom="zfs:zroot/ROOT/default"\n'), [
      ['vfs.root.mountfrom', 'zfs:zroot/ROOT/default'],
    ])
  })

  it('never throws, and its offsets lie in the text, whatever the text', () => {
    const shellish = fc.string({ unit: fc.constantFrom(...'ab=\'"\\#;&|(){}$` \n\t1._-é') })
    fc.assert(
      fc.property(fc.oneof(shellish, fc.string()), text => {
        let last = 0
        for (const { start, end, name } of parseAssignments(text)) {
          assert.ok(last <= start && start < end && end <= text.length)
          assert.ok(text.slice(start, end).includes(`${name}=`))
          last = end
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('reads what sh(1) reads', () => {
    const quoted = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'ab \t#;=()é\n\\') }).map(text => `'${text}'`),
      fc.string({ unit: fc.constantFrom(..."ab \t#;=()'é\n") }).map(text => `"${text}"`),
      fc.constantFrom('plain', '\\"', '\\ ', '"\\\\"', '"\\""', '"a\\\nb"', 'a#b', "''"),
    )
    const word = fc.array(quoted, { maxLength: 4 }).map(parts => parts.join(''))
    const line = fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      word,
      fc.constantFrom('\n', ' # note\n', '; ', ' ;\n'),
    )
    const lines = fc.array(line, { maxLength: 6 })
    fc.assert(
      fc.property(lines, parts => {
        const text = parts.map(([name, value, after]) => `${name}=${value}${after}`).join('')
        const script = `${text}\nprintf '%s\\0%s\\0%s' "$a" "$b" "$c"`
        const seen = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: {} }).split('\0')
        const found = parseAssignments(text)
        assert.deepEqual(
          ['a', 'b', 'c'].map(name => lastValue(found, name) ?? ''),
          seen,
        )
      }),
      { numRuns: 100 },
    )
  })

  it('yes as in rc.subr', () => {
    assert.deepEqual(['YES', 'true', 'On', '1', 'no', '', undefined, 'yesterday'].map(isYes), [
      ...[true, true, true, true],
      ...[false, false, false, false],
    ])
  })
})
