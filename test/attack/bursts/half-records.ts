import { encodeRecord } from '../../../src/rpc/record.ts'
import { XdrWriter } from '../../../src/rpc/xdr.ts'
import { PROC } from '../../nfs/embedded/nfs-client.ts'
import { askAndStop, type Burst, manyOfEach } from '../attack.ts'
import { ATTACKER, SERVER } from '../network.ts'
import { nfsCall } from '../nfs.ts'

const NULL = Buffer.from(encodeRecord(nfsCall(1, PROC.NULL, new XdrWriter())))
/** The header of a record of 64 KB (RFC 5531, section 11), and all of it but the last bytes. */
const RECORD = Buffer.alloc(64 << 10)
RECORD.writeUInt32BE((0x8000_0000 | (64 << 10)) >>> 0)

/** Connections of 16 addresses, 120 of each, with most of a call, the rest of which never comes. */
export const halfRecords: Burst = () =>
  manyOfEach(ATTACKER.slice(0, 16), async address => {
    const socket = await askAndStop(SERVER, 2049, address, NULL)
    socket.write(RECORD)
  })
