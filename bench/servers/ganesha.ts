import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ganeshaConf } from '../../src/nfs/drivers/ganesha-conf.ts'
import { ganeshaExports } from '../../src/nfs/exports-text.ts'
import { type Contender, Server, type ServerContext } from '../server.ts'
import { TESTBED } from '../testbed.ts'

/** nfs-ganesha with the configuration that `be` writes for it, and rpcbind, which loaders need. */
export const ganesha: Contender = {
  name: 'ganesha',
  start(site: ServerContext) {
    for (const dir of ['/run/rpcbind', '/run/ganesha', '/var/lib/nfs/ganesha'])
      mkdirSync(dir, { recursive: true })
    const fragment = join(site.dir, 'tree.conf')
    const config = join(site.dir, 'ganesha.conf')
    const client = `${TESTBED.network}/${TESTBED.prefix}`
    const share = { be: 'tree', path: join(site.files, 'tree'), clients: [client], readOnly: true, id: 1 }
    writeFileSync(fragment, ganeshaExports({ ...share, maproot: 'root' }))
    writeFileSync(config, ganeshaConf(TESTBED.server, [fragment]))
    const log = join(site.dir, 'ganesha.log')
    const own = `ganesha.nfsd -F -N NIV_EVENT -f ${config} -L ${log} -p ${site.dir}/pid`
    const line = `rpcbind -f -h ${TESTBED.server} & one=$!; ${own} & two=$!; trap 'kill $one $two' TERM; wait; wait`
    return Server.start(
      site,
      ['sh', '-c', line],
      [
        ['tcp', 2049],
        ['udp', 2049],
        ['tcp', 20048],
      ],
    )
  },
}
