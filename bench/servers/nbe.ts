import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GROUND } from '../ground.ts'
import { type Contender, Server, type Site } from '../server.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The whole appliance, `be serve`, as an admin would run it: authority, session log, text log to a file. */
export const nbe: Contender = {
  name: 'nbe',
  start(site: Site) {
    const config = join(site.dir, 'be.toml')
    mkdirSync(join(site.dir, 'state'), { recursive: true })
    writeFileSync(config, configuration(site))
    const argv = [
      ...(process.env.NICE ?? '').split(' ').filter(Boolean),
      process.execPath,
      MAIN,
      '--config',
      config,
      'serve',
    ]
    return Server.start(site, argv, [
      ['tcp', 8080],
      ['udp', 69],
      ['udp', 67],
    ])
  },
}

const configuration = ({ dir, files }: Site): string => `[lab]
address = "${GROUND.server}/${GROUND.prefix}"
pool = "${GROUND.pool.join('-')}"

[dhcp]
mode = "authority"

[be]
root = "${dir}/ROOT"

[state]
dir = "${dir}/state"

[exports]
dir = "${dir}/exports.d"

[pxe]
dir = "${files}"
`
