import assert from 'node:assert/strict'
import { run } from '../../src/cli/run.ts'

/** Runs a command line here; its status and what it wrote. */
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

describe('cli/run: command lines that are wrong', () => {
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
    ['list --lab-pool', 'option --lab-pool needs a value; see be help settings'],
    ['list -c', 'option -c needs a value'],
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
})
