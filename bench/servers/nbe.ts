import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'
import { type Contender, Server, type ServerContext } from '../server.ts'
import { TESTBED } from '../testbed.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The whole appliance, `be serve`, as in production: DHCP authority, session log, text log to a file. */
export const nbe: Contender = {
  name: 'nbe',
  start: site => start(site, ''),
}

/** The same with its own NFS server, which exports `tree` in the directory of files. */
export const nbeWithNfs: Contender = {
  name: 'nbe',
  async start(site: ServerContext) {
    const server = await start(site, `\n[nfs]\ndriver = "embedded"\n`, site.files)
    await run(be(site, 'sharenfs', 'tree'), { timeoutMs: 60_000 })
    return server
  },
}

function start(site: ServerContext, more: string, root = join(site.dir, 'ROOT')): Promise<Server> {
  mkdirSync(join(site.dir, 'state'), { recursive: true })
  writeFileSync(configFile(site), configuration(site, root) + more)
  return Server.start(site, be(site, 'serve'), [
    ['tcp', 8080],
    ['udp', 69],
    ['udp', 67],
  ])
}

const configFile = ({ dir }: ServerContext): string => join(dir, 'be.toml')

const be = (site: ServerContext, ...args: string[]): string[] => [
  process.execPath,
  MAIN,
  '--config',
  configFile(site),
  ...args,
]

const configuration = ({ dir, files }: ServerContext, root: string): string => `[lab]
address = "${TESTBED.server}/${TESTBED.prefix}"
pool = "${TESTBED.pool.join('-')}"

[dhcp]
mode = "authority"

[be]
root = "${root}"

[state]
dir = "${dir}/state"

[exports]
dir = "${dir}/exports.d"

[pxe]
dir = "${files}"
`
