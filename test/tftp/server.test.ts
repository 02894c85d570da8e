import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import { buildAck, buildError, buildRequest, ERROR, parse } from '../../src/tftp/packet.ts'
import type { TftpClientError } from './client.ts'
import { Lab, MemoryFiles, pattern, SERVER } from './support.ts'

const CLIENT = '10.0.0.2'

describe('tftp server', () => {
  /** Datagrams to and from a bare socket, for packets that no proper client sends. */
  const bare = async (lab: Lab, address = CLIENT, port = 0) => {
    const socket = await lab.host(address).udp({ address, port })
    const heard: { from: number; data: Buffer }[] = []
    socket.onMessage((data, from) => heard.push({ from: from.port, data }))
    return { socket, heard }
  }
  const rrq = (file: string, options: [string, string][] = []) =>
    buildRequest({ kind: 'rrq', file, mode: 'octet', options })

  it('serves OVMF: size probe, ERROR 8, then the file in windows of 4', async () => {
    const lab = await new Lab().up()
    const bytes = pattern(640_000)
    lab.files.add('loader.efi', bytes)
    const options: [string, string][] = [
      ['tsize', '0'],
      ['blksize', '1468'],
      ['windowsize', '4'],
    ]
    const probe = { code: 8, message: 'User aborted the transfer' }
    const first = await lab.get('loader.efi', { port: 1288, options, probe })
    assert.deepEqual(first.oack, [
      ['tsize', '640000'],
      ['blksize', '1468'],
      ['windowsize', '4'],
    ])
    const second = await lab.get('loader.efi', { port: 1289, options: options.slice(1) })
    assert.deepEqual(second.oack, options.slice(1))
    assert.ok(second.bytes.equals(bytes))
    const [abort] = lab.named('tftp:abort')
    assert.equal(abort!.level, 'debug', 'a size probe is no error')
    const [done] = lab.named('tftp:done')
    assert.deepEqual(
      { ...done!.detail, ms: 0 },
      {
        file: 'loader.efi',
        bytes: 640_000,
        blksize: 1468,
        window: 4,
        retransmits: 0,
        ms: 0,
        unacknowledged: undefined,
      },
    )
    assert.equal(done!.ip, CLIENT)
    assert.equal(lab.files.opened, lab.files.closed)
    assert.equal(lab.server.active, 0)
  })

  it("serves FreeBSD's loader, which reuses its port and ends files with ERROR 0", async () => {
    const lab = await new Lab().up()
    lab.files.add('/tr/boot/kernel/kernel', pattern(100_000)).add('/tr/boot/loader.conf', 'x=1')
    const options: [string, string][] = [
      ['blksize', '1428'],
      ['tsize', '0'],
    ]
    const kernel = { port: 2536, options, probe: { code: 0, message: '' } }
    const probed = await lab.get('/tr/boot/kernel/kernel', kernel)
    assert.deepEqual(probed.oack, [
      ['blksize', '1428'],
      ['tsize', '100000'],
    ])
    const got = await lab.get('/tr/boot/loader.conf', { port: 2536, options })
    assert.equal(got.bytes.toString(), 'x=1')
    assert.equal(lab.named('tftp:abort')[0]!.level, 'debug')
  })

  it('answers a plain request without options in blocks of 512 (RFC 1350)', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(1024))
    const got = await lab.get('f')
    assert.equal(got.oack, undefined)
    assert.ok(got.bytes.equals(pattern(1024)))
  })

  it('sends code 1 for a missing file: FreeBSD takes code 0 for a directory that was opened', async () => {
    const lab = await new Lab().up()
    await assert.rejects(lab.get('/boot/none'), (error: TftpClientError) => error.code === 1)
    await assert.rejects(lab.get('/m/52-54-00-00-00-01/boot/device.hints'), { code: 1 })
    assert.deepEqual(
      lab.named('tftp:missing').map(e => e.level),
      ['info', 'debug'],
    )
    assert.equal(lab.server.active, 0)
  })

  it('sends code 2 for a file that cannot be read, and logs the reason', async () => {
    const open = async () => {
      throw new BeError('BE_FILE_DENIED', '/x: permission denied')
    }
    const lab = await new Lab({ files: { open } }).up()
    await assert.rejects(lab.get('/x'), { code: 2, message: 'permission denied' })
    assert.match(String(lab.named('tftp:failed')[0]!.detail!.why), /BE_FILE_DENIED/)
  })

  it('refuses writes and netascii', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', 'x')
    const { socket, heard } = await bare(lab)
    socket.send(buildRequest({ kind: 'wrq', file: 'f', mode: 'octet', options: [] }), SERVER)
    socket.send(buildRequest({ kind: 'rrq', file: 'f', mode: 'netascii', options: [] }), SERVER)
    await lab.net.clock.advance(100)
    const codes = heard.map(({ data }) => parse(data)).map(packet => packet.kind === 'error' && packet.code)
    assert.deepEqual(codes, [ERROR.access, ERROR.illegal])
    assert.equal(lab.server.counts.refused, 2)
  })

  it('answers from a port of its own, which receives packets of that client only', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(5000))
    const { socket, heard } = await bare(lab)
    const stranger = await bare(lab, '10.0.0.66')
    socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(10)
    const tid = heard[0]!.from
    assert.notEqual(tid, 69)
    stranger.socket.send(buildAck(1), { address: SERVER.address, port: tid })
    stranger.socket.send(buildError(0, 'stop'), { address: SERVER.address, port: tid })
    await lab.net.clock.advance(10)
    assert.equal(heard.length, 1, 'a forged ACK moved the transfer')
    assert.equal(lab.server.active, 1, 'a forged ERROR ended the transfer')
    socket.send(buildAck(1), { address: SERVER.address, port: tid })
    await lab.net.clock.advance(10)
    assert.equal(heard.at(-1)!.data.readUInt16BE(2), 2)
  })

  it('lets a new request from the same port end the old transfer', async () => {
    const lab = await new Lab().up()
    lab.files.add('a', pattern(5000)).add('b', pattern(5000))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('a'), SERVER)
    await lab.net.clock.advance(5)
    socket.send(rrq('b'), SERVER)
    await lab.net.clock.advance(5)
    assert.equal(lab.server.active, 1)
    assert.equal(lab.named('tftp:ended')[0]!.detail!.file, 'a')
    assert.equal(new Set(heard.map(({ from }) => from)).size, 2)
  })

  it('recognises a copy of a request: the transfer goes on', async () => {
    const lab = await new Lab().up()
    lab.files.add('a', pattern(5000))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('a'), SERVER)
    socket.send(rrq('a'), SERVER)
    await lab.net.clock.advance(5)
    const tid = heard[0]!.from
    socket.send(buildAck(1), { address: SERVER.address, port: tid })
    await lab.net.clock.advance(5)
    socket.send(rrq('a'), SERVER)
    await lab.net.clock.advance(5)
    assert.deepEqual(
      heard.map(({ from, data }) => [from, data.readUInt16BE(2)]),
      [
        [tid, 1],
        [tid, 2],
      ],
    )
    // A second later the same request is a new one.
    await lab.net.clock.advance(1500)
    socket.send(rrq('a'), SERVER)
    await lab.net.clock.advance(5)
    assert.notEqual(heard.at(-1)!.from, tid)
    assert.equal(lab.server.active, 1)
  })

  it('does not answer copies of an ACK with copies of the data', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(100_000))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(2)
    const to = { address: SERVER.address, port: heard[0]!.from }
    for (let block = 1; block <= 150; block++) {
      for (let copy = 0; copy < 3; copy++) socket.send(buildAck(block), to)
      await lab.net.clock.advance(2)
    }
    assert.equal(heard.length, 151)
  })

  it('wraps block numbers in a file of 70,000 blocks', async () => {
    const lab = await new Lab().up()
    const bytes = pattern(8 * 70_000)
    lab.files.add('long', bytes)
    lab.net.impairments.latencyMs = 0
    const options: [string, string][] = [
      ['blksize', '8'],
      ['windowsize', '64'],
    ]
    const got = await lab.get('long', { options })
    assert.ok(got.bytes.equals(bytes))
    assert.equal(got.repeats, 0)
  })

  it('gives up on a client that never acknowledges, and leaves neither socket nor timer nor file', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(5000))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(60_000)
    assert.equal(heard.length, 9)
    assert.equal(lab.server.active, 0)
    assert.equal(lab.named('tftp:failed')[0]!.detail!.why, 'no answer from the client')
    assert.equal(lab.files.closed, 1)
    assert.equal(lab.net.clock.pending, 0)
    assert.equal(lab.net.ports.length, 2)
  })

  it('counts a transfer as done when only the very last ACK is lost', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(600))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(2)
    socket.send(buildAck(1), { address: SERVER.address, port: heard[0]!.from })
    await lab.net.clock.advance(60_000)
    assert.equal(lab.named('tftp:done')[0]!.detail!.unacknowledged, true)
  })

  it('waits for a disk that stalls for 2 s, and repeats nothing meanwhile', async () => {
    const memory = new MemoryFiles().add('f', pattern(700_000))
    const lab = new Lab()
    const { clock } = lab.net
    const open = async (path: string) => {
      const file = (await memory.open(path))!
      const read = async (offset: number, length: number) => {
        if (offset > 0) await new Promise<void>(resolve => clock.timer(2000, resolve))
        return file.read(offset, length)
      }
      return { ...file, read }
    }
    const stalled = await new Lab({ files: { open }, clock, network: lab.host(SERVER.address) }).up()
    const got = await lab.get('f', { options: [['blksize', '1468']] })
    assert.ok(got.bytes.equals(pattern(700_000)))
    assert.ok(got.repeats <= 1)
    assert.equal(stalled.named('tftp:done').length, 1)
  })

  it('ends with an ERROR when a file becomes shorter during the transfer', async () => {
    const memory = new MemoryFiles().add('f', pattern(400_000))
    const open = async (path: string) => ({ ...(await memory.open(path))!, size: 700_000 })
    const lab = await new Lab({ files: { open } }).up()
    await assert.rejects(lab.get('f', { options: [['blksize', '1468']] }), { code: 2 })
    assert.match(String(lab.named('tftp:failed')[0]!.detail!.why), /BE_FILE_CHANGED/)
    assert.equal(memory.closed, 1)
  })

  it('limits the transfers of one client: the oldest that was not acknowledged ends', async () => {
    const lab = await new Lab({ limits: { maxPerClient: 3 } }).up()
    lab.files.add('f', pattern(5000))
    const ports = await Promise.all([1, 2, 3, 4].map(i => bare(lab, CLIENT, 5000 + i)))
    for (const { socket } of ports) {
      socket.send(rrq('f'), SERVER)
      await lab.net.clock.advance(2)
    }
    assert.equal(lab.server.active, 3)
    assert.equal(parse(ports[0]!.heard.at(-1)!.data).kind, 'error')
    const other = await lab.get('f', { address: '10.0.0.3' })
    assert.equal(other.bytes.length, 5000)
  })

  it('one that was acknowledged never ends for a new request of its address', async () => {
    const lab = await new Lab({ limits: { maxPerClient: 2 } }).up()
    lab.files.add('f', pattern(5000))
    const ports = await Promise.all([1, 2, 3].map(i => bare(lab, CLIENT, 5000 + i)))
    for (const { socket, heard } of ports.slice(0, 2)) {
      socket.send(rrq('f'), SERVER)
      await lab.net.clock.advance(2)
      socket.send(buildAck(1), { address: SERVER.address, port: heard[0]!.from })
      await lab.net.clock.advance(2)
    }
    ports[2]!.socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(2)
    assert.equal(ports[2]!.heard.length, 0)
    assert.deepEqual([lab.server.active, lab.server.counts.dropped], [2, 1])
    assert.equal(parse(ports[0]!.heard.at(-1)!.data).kind, 'data')
  })

  it('when it is full, a request makes the oldest transfer end that was not acknowledged in time', async () => {
    const lab = await new Lab({ limits: { maxTransfers: 3 } }).up()
    lab.files.add('f', pattern(5000))
    const real = await bare(lab)
    real.socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(2)
    const tid = { address: SERVER.address, port: real.heard[0]!.from }
    real.socket.send(buildAck(1), tid)
    const ghosts = await Promise.all([71, 72, 73, 74].map(n => bare(lab, `10.0.0.${n}`)))
    for (const { socket } of ghosts) {
      socket.send(rrq('f', [['timeout', '255']]), SERVER)
      await lab.net.clock.advance(2)
    }
    assert.equal(lab.server.counts.dropped, 2, 'the first two could be about to answer')
    await lab.net.clock.advance(100)
    for (const address of ['10.0.0.3', '10.0.0.4']) {
      const { bytes } = await lab.get('f', { address })
      assert.ok(bytes.equals(pattern(5000)))
    }
    assert.equal(lab.server.counts.dropped, 2)
    real.socket.send(buildAck(2), tid)
    await lab.net.clock.advance(2)
    assert.equal(real.heard.at(-1)!.data.readUInt16BE(2), 3, 'the acknowledged one goes on')
    assert.equal(ghosts[0]!.heard.length, 1, 'no ERROR goes to who may not exist')
    assert.ok(lab.named('tftp:busy').length > 0)
  })

  it('does not answer beyond its limit, and serves the client when it asks again', async () => {
    const lab = await new Lab({ limits: { maxTransfers: 1 } }).up()
    lab.files.add('f', pattern(50_000))
    const both = [lab.begin('f'), lab.begin('f', { address: '10.0.0.3' })]
    const got = await lab.net.clock.until(Promise.all(both))
    for (const { bytes } of got) assert.ok(bytes.equals(pattern(50_000)))
    assert.equal(lab.named('tftp:busy').length, 1)
  })

  it('a client that never answers holds its place for 17 s, whatever interval it asks for', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(5000))
    const { socket } = await bare(lab)
    socket.send(rrq('f', [['timeout', '255']]), SERVER)
    await lab.net.clock.advance(17_100)
    assert.equal(lab.server.active, 0)
    assert.equal(lab.named('tftp:failed')[0]!.detail!.why, 'no answer from the client')
  })

  it('answers its own networks only; others are counted, and named once a second', async () => {
    const lab = await new Lab({ admits: address => address !== '192.0.2.7' }).up()
    lab.files.add('f', 'x')
    const { socket, heard } = await bare(lab, '192.0.2.7')
    for (const packet of [rrq('f'), rrq('none'), buildAck(1), Buffer.from([0, 9])])
      socket.send(packet, SERVER)
    await lab.net.clock.advance(100)
    assert.equal(heard.length, 0)
    assert.equal(lab.server.counts.foreign, 4)
    assert.deepEqual(
      lab.events.map(({ event, ip }) => `${event} ${ip}`),
      ['tftp:foreign 192.0.2.7'],
    )
    assert.equal((await lab.get('f')).bytes.length, 1)
  })

  it('an ACK or an ERROR in answer to our ERROR is no fault', async () => {
    const lab = await new Lab().up()
    const { socket, heard } = await bare(lab)
    socket.send(rrq('none'), SERVER)
    await lab.net.clock.advance(2)
    assert.equal(parse(heard[0]!.data).kind, 'error')
    socket.send(buildAck(0), SERVER)
    socket.send(buildError(0, 'bye'), SERVER)
    await lab.net.clock.advance(2)
    assert.equal(heard.length, 1)
    assert.equal(lab.server.counts.malformed, 0)
    assert.deepEqual(
      lab.events.filter(({ level }) => level === 'warn'),
      [],
    )
  })

  it('reports malformed packets once a second for each source, and counts all', async () => {
    const lab = await new Lab().up()
    const { socket } = await bare(lab)
    for (let i = 0; i < 50; i++) socket.send(Buffer.from([0, 9, 0, 0]), SERVER)
    await lab.net.clock.advance(1100)
    socket.send(buildRequest({ kind: 'rrq', file: 'f', mode: 'mail', options: [] }).subarray(0, 4), SERVER)
    await lab.net.clock.advance(10)
    assert.equal(lab.server.counts.malformed, 51)
    const said = lab.named('tftp:malformed')
    assert.deepEqual(
      said.map(e => [e.level, e.detail!.more]),
      [
        ['warn', undefined],
        ['warn', 49],
      ],
    )
  })

  it('lets transfers finish when it is stopped, and takes no new ones', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(300_000))
    const under = lab.begin('f', { options: [['blksize', '1468']] })
    await lab.net.clock.advance(5)
    const stopped = lab.server.stop(10_000)
    const late = lab.begin('f', { address: '10.0.0.3', patienceMs: Number.POSITIVE_INFINITY })
    const got = await lab.net.clock.until(under)
    await lab.net.clock.until(stopped)
    await lab.net.clock.advance(2)
    assert.ok(got.bytes.equals(pattern(300_000)))
    assert.equal(lab.net.clock.pending, 0)
    assert.equal(
      await Promise.race([late.then(() => 'served'), new Promise(r => setImmediate(r, 'silent'))]),
      'silent',
    )
  })

  it('ends transfers that are not finished after the grace period, with an ERROR', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', pattern(5000))
    const { socket, heard } = await bare(lab)
    socket.send(rrq('f'), SERVER)
    await lab.net.clock.advance(2)
    await lab.net.clock.until(lab.server.stop(300))
    await lab.net.clock.advance(2)
    assert.equal(parse(heard.at(-1)!.data).kind, 'error')
    assert.equal(lab.server.active, 0)
    assert.equal(lab.net.clock.pending, 0)
    assert.equal(lab.files.closed, 1)
  })
})
