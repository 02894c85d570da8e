import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { LAB, Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'

describe('be.toml, through be serve -t', () => {
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab)
    for (const name of ['NBE_LAB_ADDRESS', 'NBE_LAB_POOL', 'NBE_DHCP_MODE']) delete cli.settings[name]
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  /** Writes be.toml; returns its path. */
  function toml(text: string): string {
    const file = join(cli.dir, 'be.toml')
    writeFileSync(file, text)
    return file
  }

  const GOOD = `[lab]\naddress = "${LAB.address}"\npool = "${LAB.pool}"\n`

  it('prints the effective configuration as a be.toml, with the source of each value', async () => {
    const file = toml(`${GOOD}[log]\nlevel = "debug"\n`)
    const text = await cli.done('serve', '-t', '-c', file, '--http-port', '8081')
    const told = parse(text) as Record<string, Record<string, unknown>>
    assert.deepEqual([told.lab!.pool, told.log!.level, told.http!.port], [LAB.pool, 'debug', 8081])
    assert.match(text, /^level = "debug" +# \S+be\.toml:5$/m)
    assert.match(text, /^port = 8081 +# --http-port$/m)
    assert.match(text, /^dir = "\S+" +# NBE_STATE_DIR$/m)
    const again = parse(await cli.done('serve', '-t', '-c', toml(text)))
    assert.deepEqual(again, told)
    assert.deepEqual(cli.files(), new Map(), 'a check makes no state')
  })

  for (const [what, text, code, line] of [
    [
      'a value',
      '[lab]\n\npool = "here"\n',
      'BE_CONFIG_VALUE',
      /be\.toml:3: lab\.pool: expected first and last address.*found "here"/,
    ],
    ['a type', '[http]\nport = "80"\n', 'BE_CONFIG_VALUE', /be\.toml:2: http\.port: expected a whole number/],
    ['a setting', '[lab]\n# x\npol = ""\n', 'BE_CONFIG_KEY', /be\.toml:3: lab\.pol: no such setting/],
    ['a table', '\n[labs]\npool = ""\n', 'BE_CONFIG_KEY', /be\.toml:2: \[labs\]: no such setting/],
    ['no TOML', '[lab]\npool = \n', 'BE_CONFIG_SYNTAX', /be\.toml:2: not TOML/],
    [
      'our own address in the pool',
      `[lab]\naddress = "${LAB.address}"\npool = "192.168.77.1-192.168.77.9"\n`,
      'BE_POOL',
      /be\.toml:3: lab\.pool.*192\.168\.77\.1/,
    ],
    [
      'a pool elsewhere',
      `[lab]\naddress = "${LAB.address}"\npool = "10.0.0.1-10.0.0.9"\n`,
      'BE_POOL',
      /192\.168\.77\.0\/24/,
    ],
    ['a router elsewhere', `${GOOD}router = "10.0.0.1"\n`, 'BE_ROUTER', /be\.toml:4: lab\.router/],
    ['an interface that is none', '[lab]\ninterface = "em9"\n', 'BE_LAB_INTERFACE', /em9.*br0/],
  ] as const) {
    it(`${what}: file and line, exit 78`, async () => {
      assert.match(await cli.fails(code, 78, 'serve', '-t', '-c', toml(text)), line)
    })
  }

  it('tells all errors of the file, and then all of what it comes to, with vmtab', async () => {
    const bad = '[lab]\npol = ""\npool = "here"\n[http]\nport = 0\n[log]\nlevel = "loud"\n'
    const { err, status } = await cli.be('serve', '-t', '-c', toml(bad))
    assert.deepEqual(err.match(/(?<=be\.toml:)\d+/g), ['2', '3', '5', '7'])
    assert.equal(status, 78)

    const vmtab = join(cli.dir, 'vmtab')
    writeFileSync(vmtab, 'm1 r14.1 sometimes\n')
    const file = toml(`[lab]\naddress = "192.0.2.1/24"\npool = "10.0.0.1-10.0.0.9"\nrouter = "10.0.0.1"\n`)
    const told = await cli.be('serve', '-t', '-c', file, '--vm-tab', vmtab)
    const codes = told.err.match(/(?<=\[)BE_\w+(?=\]\n)/g)
    assert.deepEqual(codes, ['BE_ADDRESS_NOT_LOCAL', 'BE_POOL', 'BE_ROUTER', 'BE_VMTAB'])
  })

  it('names the flag or the variable that has a wrong value', async () => {
    assert.match(
      await cli.fails('BE_CONFIG_VALUE', 78, 'list', '--http-port', '0'),
      /^be: --http-port: http\.port: /,
    )
    const { err, status } = await cli.shell('NBE_HTTP_PORT=x be list')
    assert.deepEqual([err.slice(0, 29), status], ['be: NBE_HTTP_PORT: http.port:', 78])
  })

  it('a mistyped variable is an error', async () => {
    const { err, status } = await cli.shell('NBE_LAB_POL=x be list')
    assert.match(err, /^be: NBE_LAB_POL: no such setting; did you mean NBE_LAB_POOL.*\[BE_CONFIG_KEY\]\n$/)
    assert.equal(status, 78)
  })

  it('user nobody cannot read it: exit 77', async () => {
    const file = toml(GOOD)
    await cli.run(['chmod', '600', file])
    const { err, status } = await cli.asNobody('list', '-c', file)
    assert.match(err, /^be: cannot read \S+be\.toml: permission denied; .*\[BE_CONFIG_UNREADABLE\]\n$/)
    assert.equal(status, 77)
  })
})
