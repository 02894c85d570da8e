import assert from 'node:assert/strict'
import type { Platform } from '../../src/host/platform.ts'
import { type PortUser, portUsers } from '../../src/host/port-users.ts'

/** The result for this output of the program. */
const read = (platform: Platform, ...lines: string[]): Promise<PortUser[]> =>
  portUsers('udp', 67, { platform, runner: async () => ({ stdout: lines.join('\n'), stderr: '' }) })

describe('host/port-users', () => {
  it('ss: address, interface, program', async () => {
    assert.deepEqual(
      await read(
        'linux',
        'UNCONN 0      0       0.0.0.0%virbr0:67        0.0.0.0:*    users:(("dnsmasq",pid=94,fd=4))',
        'UNCONN 0      0          192.168.77.1:67        0.0.0.0:*    users:(("node",pid=7,fd=21),("node",pid=8,fd=21))',
        'UNCONN 0      0               0.0.0.0:67        0.0.0.0:*',
      ),
      [
        { address: '0.0.0.0', device: 'virbr0', program: 'dnsmasq (pid 94)' },
        { address: '192.168.77.1', program: 'node (pid 7)' },
        { address: '0.0.0.0' },
      ],
    )
  })

  it('sockstat: skips the header', async () => {
    assert.deepEqual(
      await read(
        'freebsd',
        'USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS',
        'root     dhcpd      812   7   udp4   *:67                  *:*',
        'root     bootpd     813   3   udp4   10.0.0.1:67           *:*',
      ),
      [
        { address: '0.0.0.0', program: 'dhcpd (pid 812)' },
        { address: '10.0.0.1', program: 'bootpd (pid 813)' },
      ],
    )
  })

  it('none when the program is missing', async () => {
    const runner = async () => {
      throw new Error('not installed')
    }
    assert.deepEqual(await portUsers('tcp', 80, { platform: 'linux', runner }), [])
  })
})
