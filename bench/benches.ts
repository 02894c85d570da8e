import type { Bench } from './contest.ts'
import * as dhcp from './dhcp.ts'
import * as http from './http.ts'
import * as nfs from './nfs.ts'
import type { Needed } from './packages.ts'
import type { Row } from './row.ts'
import * as share from './share.ts'
import * as start from './start.ts'
import * as storm from './storm.ts'
import * as tftp from './tftp.ts'

interface Entry {
  needed: readonly Needed[]
  /** Debian packages that have to be installed: unpacked elsewhere they do not work. */
  installed?: readonly string[]
  run(bench: Bench): Promise<Row[]>
}

/** The benches by their name on the command line. */
export const BENCHES: Record<string, Entry> = {
  dhcp: { needed: dhcp.NEEDED, run: dhcp.dhcp },
  tftp: { needed: tftp.NEEDED, run: tftp.tftp },
  http: { needed: http.NEEDED, run: http.http },
  nfs: { needed: [], installed: nfs.INSTALLED, run: nfs.nfs },
  share: { needed: share.NEEDED, run: share.share },
  start: { needed: start.NEEDED, run: start.start },
  storm: { needed: storm.NEEDED, run: storm.storm },
}
