import { type Contender, Server } from '../server.ts'
import { TESTBED } from '../testbed.ts'

/** tftpd-hpa, a common TFTP server: one process for each transfer. It has no windowsize (RFC 7440). */
export const tftpdHpa: Contender = {
  name: 'tftpd-hpa',
  start: site =>
    Server.start(
      site,
      [site.programs.path('in.tftpd'), '-L', '-u', 'root', '-a', `${TESTBED.server}:69`, '-s', site.files],
      [['udp', 69]],
    ),
}

/** atftpd: one thread for each transfer. */
export const atftpd: Contender = {
  name: 'atftpd',
  start: site =>
    Server.start(
      site,
      [
        site.programs.path('atftpd'),
        ...['--daemon', '--no-fork', '--user', 'root', '--group', 'root'],
        ...[
          '--bind-address',
          TESTBED.server,
          '--maxthread',
          '1000',
          '--logfile',
          `${site.dir}/log`,
          site.files,
        ],
      ],
      [['udp', 69]],
    ),
}
