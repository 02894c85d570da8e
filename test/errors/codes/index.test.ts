import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { FINDINGS } from '../../../src/errors/codes/findings.ts'
import { CODES, isErrorCode } from '../../../src/errors/codes/index.ts'
import { MOUNT_STATUS } from '../../../src/rpc/mount-status.ts'
import { MOUNT, NFS, PORTMAP } from '../../../src/rpc/programs.ts'

const SRC = new URL('../../../src/', import.meta.url).pathname
const read = (pattern: string, exclude: string[] = []): string =>
  globSync(pattern, { cwd: SRC, exclude })
    .map(path => readFileSync(SRC + path, 'utf8'))
    .join('\n')

const ALL = [...Object.keys(CODES), ...Object.keys(FINDINGS)].sort()

/** Codes that are put together at run time. */
const COMPOSED = [
  ...[PORTMAP, MOUNT, NFS].flatMap(({ code }) =>
    ['CLOSED', 'DOWN', 'NOT_REGISTERED', 'TIMEOUT', 'UNREACHABLE'].map(what => `BE_${code}_${what}`),
  ),
  ...Object.values(MOUNT_STATUS).map(({ name }) => `BE_MNT_${name}`),
  ...['READ', 'WRITE', 'REMOVE'].map(verb => `BE_FILE_${verb}`),
  ...['LINK', 'MISSING', 'NOT_DIRECTORY', 'RELATIVE'].map(what => `BE_SHARE_PATH_${what}`),
]

describe('the table of error codes', () => {
  it('has each code once', () => {
    const keys = [...read('errors/codes/*.ts').matchAll(/^ {2}(BE_\w+):/gm)].map(([, code]) => code!)
    assert.deepEqual(keys.sort(), ALL)
  })

  it('has no code that nothing throws or finds', () => {
    const source = read('**/*.ts', ['errors/**'])
    const literal = [...source.matchAll(/(?<![!=]== )(?:['`]|\[)(BE_[A-Z0-9_]*[A-Z0-9])['`\]]/g)].map(
      ([, code]) => code!,
    )
    const used = new Set([...literal, ...COMPOSED])
    assert.deepEqual([...used].sort(), ALL)
  })

  it('says what each means in one sentence, on one line', () => {
    const meanings = [...Object.values(CODES).map(({ meaning }) => meaning), ...Object.values(FINDINGS)]
    // Neither does mdoc(7) take any of it for a macro or an escape.
    for (const meaning of meanings) assert.match(meaning, /^[A-Za-z][^\\\n]{10,120}[.?]$/)
  })

  it('tells a code from other texts', () => {
    assert.ok(isErrorCode('BE_UNKNOWN'))
    for (const text of ['BE_X', 'constructor', '']) assert.ok(!isErrorCode(text), text)
  })
})
