import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { BE } from '../support/built.ts'
import { CommandLine } from '../support/command-line.ts'
import { smallTree } from '../support/small-tree.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const MAN = readFileSync(join(CHECKOUT, 'man/be.8'), 'utf8')

/** The lines of the manual page's example that begins with `start`. */
function example(start: string): string {
  const found = MAN.split(/^\.Bd .*\n/m).find(part => part.startsWith(start))
  assert.ok(found !== undefined, `be(8) has an example that begins with ${start}`)
  return found.split(/^\.Ed$/m)[0]!.replaceAll('\\e', '\\')
}

describe('regression hunting by the examples of be(8)', () => {
  let lab: Lab
  let cli: CommandLine
  let dir: string

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_BE_PARENT: 'bd/be' })
    dir = mkdtempSync(join(tmpdir(), 'nbe-hunt-'))
    mkdirSync(join(dir, 'bin'))
    await smallTree(join(dir, 'small'))
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** Makes a program that is first on PATH. */
  const program = (name: string, text: string) =>
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })

  const be = `exec ${process.execPath} ${BE} "$@"`

  /** Runs lines of sh(1) with these programs, in `dir`. */
  const sh = (lines: string) =>
    cli.run(['sh', '-c', `exec < /dev/null; cd ${dir}; PATH=${dir}/bin:$PATH; ${lines}`])

  it('each release is good or bad, or skipped where it could not be tested', async () => {
    // Instead of downloads: 9.3 does not exist, 8.4 has no programs; etc/verdict of the others is the result of the test.
    program(
      'be',
      `case $*:$1 in
*r9.3:install) echo 'be: no release 9.3' >&2; exit 65 ;;
*r8.4:install) exit 0 ;;
*:install) for be in "$@"; do :; done; be=\${be##*/}
  cp -a small/. /ROOT/$be && cp \${be#r} /ROOT/$be/etc/verdict; exit ;;
esac
${be}`,
    )
    const verdicts = { 10.4: 'exit 0', 11.1: 'exit 1', 12.1: 'exit 75', 13.2: 'kill -SEGV $$', 14.1: 'true' }
    for (const [release, text] of Object.entries(verdicts)) writeFileSync(join(dir, release), `${text}\n`)
    writeFileSync(join(dir, 'releases.txt'), '8.4\n9.3\n10.4\n11.1\n12.1\n13.2\n14.1\n')
    writeFileSync(join(dir, 'test.sh'), 'cat > /dev/null # reads all there is\n. /etc/verdict\n')
    const { out, err } = await sh(example('while read -r release'))
    assert.equal(out, '8.4\tskip\n9.3\tskip\n10.4\tgood\n11.1\tbad\n12.1\tbad\n13.2\tbad\n14.1\tgood\n', err)
    assert.deepEqual(err.match(/\[BE_\w+\]/g), ['[BE_COMMAND_MISSING]'])
  }).timeout(60_000)

  it('git bisect run finds the change, and skips one that does not build', async () => {
    program('be', be)
    program('make', 'n=$(cat number); echo $n; [ $n != 4 ] || exit 2; cp number /ROOT/work/etc/number')
    writeFileSync(join(dir, 'test.sh'), 'test $(cat /etc/number) -lt 6\n')
    await lab.run(['cp', '-a', join(dir, 'small'), '/ROOT/work'])
    const history = `mkdir source && cd source && git init -q . &&
for n in 1 2 3 4 5 6 7 8; do echo $n > number; git add number; git commit -q -m "change $n" || exit; done
git bisect start HEAD HEAD~7`
    const names = ['AUTHOR', 'COMMITTER'].flatMap(who => [`GIT_${who}_NAME=a`, `GIT_${who}_EMAIL=a@b`])
    const lines = example('git bisect run').replace('/root/test.sh', join(dir, 'test.sh'))
    const { out, err } = await sh(`export HOME=${dir} ${names.join(' ')}; ${history}\n${lines}`)
    assert.match(out, /^4$/m, 'the one that does not build was tried')
    assert.match(out, /^\w+ is the first bad commit\n[\s\S]*\n {4}change 6\n/m, err)
  }).timeout(60_000)
})
