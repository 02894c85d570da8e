import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { CodesOf } from '../../../src/errors/codes/index.ts'
import { BeError } from '../../../src/errors/errors.ts'
import { rejectionError } from '../../../src/rpc/client/errors.ts'
import { decodeReply, encodeCall } from '../../../src/rpc/client/message.ts'
import { decodeMounted, encodePath } from '../../../src/rpc/mount.ts'
import { encodeMapping } from '../../../src/rpc/portmap.ts'
import { MOUNT, PORTMAP } from '../../../src/rpc/programs.ts'
import { RecordReader } from '../../../src/rpc/record.ts'
import { XdrReader } from '../../../src/rpc/xdr.ts'
import { beError } from '../../support/errors.ts'
import { type Packet, readCapture } from '../capture.ts'
import { readCall, reply } from '../fake-server.ts'

const LOADERS = ['ipxe_bios-pxeboot_101-nfs', 'ipxe_efi-loader_efi_101', 'ovmf-loader_lua-nfs']
const PATH = '/data/lab1/ROOT/fb101'
const HANDLE = '43000001 1245fe00 00000000 000001d3 28210058 d1325b00'.replaceAll(' ', '')

const mntCall = (xid: number, path = PATH): Buffer =>
  encodeCall({ xid, program: 100005, version: 3, procedure: 1, credential: 'root', args: encodePath(path) })

const sunrpc = (packets: Packet[]): Packet[] =>
  packets.filter(({ fromPort, toPort }) => [111, 20048].some(port => port === fromPort || port === toPort))

/** The loader's own port: 1023 and down. */
const reserved = (port: number): boolean => port > 512 && port < 1024

describe('rpc/client/message', () => {
  for (const name of LOADERS) {
    describe(name, () => {
      const packets = sunrpc(readCapture(name)).filter(packet => packet.protocol === 'udp')
      const loader = packets.filter(({ fromPort, toPort }) => reserved(fromPort) || reserved(toPort))

      it('our MNT call is, but for the xid, the one that the real loader sent', () => {
        const real = loader.find(packet => packet.toPort === 20048)!
        assert.deepEqual(mntCall(real.data.readUInt32BE()), real.data)
      })

      it('our GETPORT call carries the loader’s arguments', () => {
        const real = loader.find(packet => packet.toPort === 111)!
        assert.ok(real.data.toString('hex').endsWith(encodeMapping(100005, 3, 'udp').toString('hex')))
      })

      it('each reply that the real server sent decodes against its call, and no other', () => {
        let pairs = 0
        for (const [at, sent] of loader.entries()) {
          if (reserved(sent.toPort)) continue
          const { xid, procedure } = readCall(sent.data)
          const answer = loader.slice(at + 1).find(packet => packet.data.readUInt32BE() === xid)!
          assert.equal(decodeReply(answer.data, xid + 1), undefined)
          const outcome = decodeReply(answer.data, xid)!
          assert.equal(outcome.kind, 'success')
          const { results } = outcome as { results: XdrReader }
          if (sent.toPort === 111) assert.ok([20048, 2049].includes(results.uint32()))
          else if (procedure === 1) assert.equal(results.uint32(), 0)
          if (sent.toPort === 20048 && procedure === 1) assert.equal(decodeMounted(results).handle.length, 24)
          assert.equal(results.left, 0)
          pairs++
        }
        assert.ok(pairs >= 10, `${pairs} calls`)
      })
    })
  }

  it('decodes the kernel’s MOUNT over TCP, record marks and all', () => {
    const packets = readCapture('ovmf-loader_lua-tftp_root-handle_by_dhcp').filter(p => p.protocol === 'tcp')
    const sent = packets.find(packet => packet.toPort === 20048)!
    const answer = packets.find(packet => packet.fromPort === 20048)!
    const [callBytes] = new RecordReader().push(sent.data)
    const { xid, args, uid } = readCall(callBytes!)
    assert.equal(args.string(1024), PATH)
    assert.equal(uid, 0)
    const [replyBytes] = new RecordReader().push(answer.data)
    const outcome = decodeReply(replyBytes!, xid) as { results: XdrReader }
    assert.equal(outcome.results.uint32(), 0)
    const mounted = decodeMounted(outcome.results)
    assert.deepEqual(mounted, { handle: Buffer.from(HANDLE, 'hex'), flavours: [1] })
  })

  it('reads the refusal that a loader got for nfs:// in its root path', () => {
    const packets = sunrpc(readCapture('pxeboot-root_path_nfs_url_fails'))
    const sent = packets.find(packet => packet.toPort === 20048)!
    assert.deepEqual(mntCall(sent.data.readUInt32BE(), `//192.168.77.1${PATH}`), sent.data)
    const answer = packets.find(packet => packet.fromPort === 20048)!
    const outcome = decodeReply(answer.data, sent.data.readUInt32BE()) as { results: XdrReader }
    assert.equal(outcome.results.uint32(), 13)
  })

  /** RFC 5531, section 9: every way to reject a call. */
  const REFUSALS: [words: number[], code: CodesOf<'BE_RPC_'>, line: RegExp][] = [
    [[1, 0, 3, 4], 'BE_RPC_VERSION', /speaks 3 to 4/],
    [[1, 1, 5], 'BE_RPC_AUTH', /AUTH_TOOWEAK/],
    [[1, 1, 14], 'BE_RPC_AUTH', /auth_stat 14/],
    [[0, 0, 0, 1], 'BE_RPC_NO_PROGRAM', /program 100005/],
    [[0, 0, 0, 2, 4, 4], 'BE_RPC_NO_VERSION', /version 3 \(it speaks 4 to 4\)/],
    [[0, 0, 0, 3], 'BE_RPC_NO_PROCEDURE', /lacks/],
    [[0, 0, 0, 4], 'BE_RPC_GARBAGE_ARGS', /arguments/],
    [[0, 0, 0, 5], 'BE_RPC_SYSTEM_ERROR', /inside/],
  ]
  for (const [words, code, line] of REFUSALS) {
    it(`${code}: ${words.join(' ')} is an error of its own`, () => {
      const outcome = decodeReply(reply(7, ...words).bytes(), 7)!
      assert.notEqual(outcome.kind, 'success')
      beError(code, line)(rejectionError(outcome as never, MOUNT, 'mountd at 192.168.1.1'))
    })
  }

  it('a status that the RFC does not know is malformed, not success', () => {
    assert.throws(() => decodeReply(reply(7, 0, 0, 0, 6).bytes(), 7), beError('BE_XDR_MALFORMED'))
  })

  it('for any bytes the decoders return, or throw BE_XDR_MALFORMED', () => {
    const head = reply(7, 0, 0, 0, 0).bytes()
    const decoders = [
      (bytes: Buffer) => decodeReply(bytes, 7),
      (bytes: Buffer) => decodeReply(Buffer.concat([head.subarray(0, 8), bytes]), 7),
      (bytes: Buffer) => decodeMounted(new XdrReader(bytes)),
    ]
    const word = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.nat(0xffffffff))
    const words = fc.array(word).map(list =>
      reply(0, ...list)
        .bytes()
        .subarray(8),
    )
    const arbitrary = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
      words,
    )
    fc.assert(
      fc.property(arbitrary, bytes => {
        for (const decode of decoders) {
          try {
            decode(bytes)
          } catch (error) {
            if (!(error instanceof BeError)) throw error
            assert.equal(error.code, 'BE_XDR_MALFORMED')
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('the program table has the numbers of the RFCs', () => {
    assert.deepEqual([PORTMAP.number, PORTMAP.version, MOUNT.number, MOUNT.version], [100000, 2, 100005, 3])
  })
})
