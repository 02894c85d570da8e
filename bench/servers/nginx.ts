import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, Server, type ServerContext } from '../server.ts'
import { TESTBED } from '../testbed.ts'

/** nginx with one worker and sendfile. */
export const nginx: Contender = {
  name: 'nginx',
  start(site: ServerContext) {
    mkdirSync(join(site.dir, 'temporary'))
    const config = join(site.dir, 'nginx.conf')
    writeFileSync(config, configuration(site))
    const argv = [
      site.programs.path('nginx'),
      '-p',
      site.dir,
      '-c',
      config,
      '-e',
      join(site.dir, 'error.log'),
    ]
    return Server.start(site, argv, [['tcp', 8080]])
  },
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

const configuration = ({ dir, files }: ServerContext): string => `
daemon off;
user root;
worker_processes 1;
pid ${dir}/pid;
events {}
http {
  access_log ${dir}/access.log;
${TEMPORARY.map(what => `  ${what}_temp_path ${dir}/temporary/${what};`).join('\n')}
  sendfile on;
  tcp_nopush on;
  server {
    listen ${TESTBED.server}:8080;
    root ${files};
  }
}
`
