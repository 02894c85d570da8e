import type { Bench } from './contest.ts'
import * as dhcp from './dhcp.ts'
import * as http from './http.ts'
import type { Needed } from './packages.ts'
import type { Row } from './row.ts'
import * as share from './share.ts'
import * as storm from './storm.ts'
import * as tftp from './tftp.ts'

/** What can be measured, by the name on the command line. */
export const BENCHES: Record<string, { needed: readonly Needed[]; run(bench: Bench): Promise<Row[]> }> = {
  dhcp: { needed: dhcp.NEEDED, run: dhcp.dhcp },
  tftp: { needed: tftp.NEEDED, run: tftp.tftp },
  http: { needed: http.NEEDED, run: http.http },
  share: { needed: share.NEEDED, run: share.share },
  storm: { needed: storm.NEEDED, run: storm.storm },
}
