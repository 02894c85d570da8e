import assert from 'node:assert/strict'
import { run } from '../../src/cli/run.ts'

/** Runs a command line in this process; resolves with its status and its output. */
async function attempt(argv: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const { stdout, stderr } = process
  const written = { out: '', err: '' }
  const saved = [stdout.write, stderr.write] as const
  const into = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    written[name] += text
    return true
  }
  stdout.write = into('out')
  stderr.write = into('err')
  const status = await run(argv)
  ;[stdout.write, stderr.write] = saved
  return { status, ...written }
}

describe('cli/run: wrong command lines', () => {
  for (const [line, says] of [
    ['nope', "unknown command 'nope'; see be help"],
    ['creat', "unknown command 'creat'; did you mean create?; see be help"],
    ['machine ad', "unknown command 'ad'; did you mean add?; see be help machine"],
    ['help nope', 'no command "nope"'],
    ['help machine ad', 'did you mean add?'],
    ['help log more', 'log has no commands of its own'],
    ['create', "missing required argument 'be'; see be help create"],
    ['machine add m1', "missing required argument 'mac'; see be help machine add"],
    ['bootpxe fb', 'no machine named: expected be bootpxe [-t] BE MACHINE'],
    ['create a b', 'expected 1 argument but got 2: a, b; see be help create'],
    ['list --nope', "unknown option '--nope'"],
    ['list --lab-pool', "option '--lab-pool <value>' argument missing; see be help"],
    ['list -c', "option '-c, --config <file>' argument missing"],
    ['list --lab-pol x', "unknown option '--lab-pol'; did you mean --lab-pool"],
    ['install -b beta fb', "argument 'beta' is invalid: expected release, stable, current, snapshot"],
    ['install -p relative fb', "argument 'relative' is invalid: expected an absolute path, or"],
    ['machine set m1', 'nothing to change of m1: expected a field and its value'],
    ['vm start', 'no machine named: expected machines, or --all'],
    ['vm stop --all m1', 'machines are named beside --all: expected machines, or --all'],
    ['vm start --all m1', 'machines are named beside --all'],
    ['vm start -f m1 m2', 'only one terminal here: expected one machine'],
    ['vm start --all --attach', 'only one terminal here'],
    ['wait m1 --timeout 3000000', 'expected a whole number of seconds, from 0 to 2000000'],
    ['wol m1 -w 999999999', 'expected a whole number of seconds, from 0 to 2000000'],
    ['sharenfs --ro --rw fb', "option '--r"],
    ['log -l many', 'expected a whole number'],
    ['log -l -1', 'expected a whole number'],
    ['log -l', 'argument missing'],
  ] as const) {
    it(`be ${line}: one line, exit 64`, async () => {
      const { status, out, err } = await attempt(line.split(' '))
      assert.deepEqual([status, out], [64, ''])
      assert.match(err, /^be: [^\n]*\[BE_USAGE\]\n$/)
      assert.ok(err.includes(says), err)
      assert.ok(!/\.;|\.\./.test(err), err)
    })
  }

  it('any input is quoted on one line, with control characters escaped', async () => {
    for (const word of ['a\nb', '\u001b[2J', '\u202eevil', 'x'.repeat(100_000)]) {
      const { status, err } = await attempt([word])
      assert.equal(status, 64)
      assert.match(err, /^be: [^\p{C}]*\[BE_USAGE\]\n$/u)
      assert.ok(err.length < 2100, String(err.length))
    }
  })

  it('verbs that run a command exit 125 on a usage error, which is not a status of the command', async () => {
    for (const line of [
      'jail',
      'chroot',
      'chroot fb --nope',
      'jail -o nothing fb -- true',
      'boot fb -- true',
      'boot --on jail --timeout soon fb -- true',
      'jail fb --lab-pool',
    ]) {
      const { status, out, err } = await attempt(line.split(' '))
      assert.deepEqual([status, out], [125, ''], line)
      assert.match(err, /^be: [^\n]*\[BE_[A-Z_]+\]\n$/)
    }
    assert.equal((await attempt(['boot', '--help'])).status, 0)
  })
})
