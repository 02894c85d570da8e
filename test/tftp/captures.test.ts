import assert from 'node:assert/strict'
import { parse, type TransferRequest } from '../../src/tftp/packet.ts'
import { capture, captureNames } from '../support/pcap.ts'
import { Lab, pattern, SERVER } from './support.ts'

/** The requests of firmware and loaders in the recorded boots. */
describe('tftp against recorded boots', () => {
  const requests = captureNames().flatMap(name =>
    capture(name)
      .filter(datagram => datagram.to.port === SERVER.port)
      .map(datagram => ({ name, ...datagram, packet: parse(datagram.payload) as TransferRequest })),
  )

  it('reads every recorded request', () => {
    assert.ok(requests.length > 50, `${requests.length} requests`)
    for (const { name, frame, packet } of requests) {
      assert.equal(packet.kind, 'rrq', `${name}, frame ${frame}`)
      assert.equal(packet.mode, 'octet', `${name}, frame ${frame}`)
    }
  })

  it('answers each with exactly the options of the request, blksize and windowsize no larger', async () => {
    const lab = await new Lab().up()
    for (const { packet } of requests) lab.files.add(packet.file, pattern(5000))
    let port = 2000
    for (const { name, frame, payload, packet } of requests) {
      const socket = await lab.host('10.0.0.9').udp({ address: '10.0.0.9', port: port++ })
      const heard: Buffer[] = []
      socket.onMessage(data => heard.push(data))
      socket.send(payload, SERVER)
      await lab.net.clock.advance(1)
      const answer = parse(heard[0]!)
      assert.ok(answer.kind === 'oack', `${name}, frame ${frame}: ${answer.kind}`)
      assert.deepEqual(
        answer.options,
        packet.options.map(([option, value]) => [option, option === 'tsize' ? '5000' : value]),
        `${name}, frame ${frame}`,
      )
      socket.close()
    }
  })

  it('recorded ERRORs have the codes that count as a normal end', () => {
    const errors = captureNames()
      .flatMap(capture)
      .filter(({ to, from, payload }) => to.port > 1023 && from.port !== 69 && payload.readUInt16BE(0) === 5)
      .map(({ payload }) => parse(payload))
    const codes = errors.map(error => error.kind === 'error' && error.code)
    assert.ok(codes.includes(8), 'OVMF ends its size probe with code 8')
    assert.ok(codes.includes(0), 'the FreeBSD loader ends files with code 0')
  })
})
