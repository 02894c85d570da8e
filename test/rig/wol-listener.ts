import { createSocket } from 'node:dgram'

/**
 * A program: a network card with Wake-on-LAN. Prints `magic <MAC>` for each magic packet that arrives as a UDP broadcast
 * on port 9: six bytes ff, then the MAC 16 times (AMD, Magic Packet Technology, 1995).
 */
const socket = createSocket('udp4')
socket.on('message', data => {
  const mac = data.subarray(6, 12)
  const magic = Buffer.concat([Buffer.alloc(6, 0xff), ...Array<Buffer>(16).fill(mac)])
  if (data.subarray(0, 102).equals(magic)) console.log(`magic ${mac.toString('hex').match(/../g)!.join(':')}`)
})
socket.bind(9, '0.0.0.0', () => console.log('listening'))
