/**
 * A client that pauses in the middle of a transfer: `fetch.ts tftp|http FILE`. Prints `begun` when it has the first bytes,
 * waits for a line on its input, fetches the rest, and prints the number of bytes and their SHA-256.
 */
import { createHash } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import http from 'node:http'

const SERVER = '192.168.77.1'
const [how, file = ''] = process.argv.slice(2)

async function begun(): Promise<void> {
  console.log('begun')
  await once(process.stdin, 'data')
}

/** RFC 1350, blocks of 512 bytes. */
async function tftp(): Promise<Buffer> {
  const socket = dgram.createSocket('udp4')
  const parts: Buffer[] = []
  socket.send(Buffer.from(`\0\x01${file}\0octet\0`, 'latin1'), 69, SERVER)
  for (;;) {
    const [data, from] = (await once(socket, 'message')) as [Buffer, dgram.RemoteInfo]
    if (data.readUInt16BE(0) !== 3) throw new Error(data.toString('latin1'))
    if (parts.length === 0) await begun()
    const block = data.readUInt16BE(2)
    if (block === ((parts.length + 1) & 0xffff)) parts.push(data.subarray(4))
    socket.send(Buffer.from([0, 4, block >> 8, block & 0xff]), from.port, SERVER)
    if (block === (parts.length & 0xffff) && data.length < 516) break
  }
  socket.close()
  return Buffer.concat(parts)
}

async function get(): Promise<Buffer> {
  const request = http.get(`http://${SERVER}:8080/${file}`)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  await begun()
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  return Buffer.concat(parts)
}

const bytes = await (how === 'tftp' ? tftp() : get())
console.log(`done ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`)
process.exit(0)
