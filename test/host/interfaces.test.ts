import assert from 'node:assert/strict'
import { listInterfaces } from '../../src/host/interfaces.ts'
import { Lab } from '../rig/lab.ts'

/** As FreeBSD 14 prints it. */
const IFCONFIG = `em0: flags=1008943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\toptions=48505bb<RXCSUM,TXCSUM>
\tether 58:9c:fc:00:00:01
\tinet 192.168.2.1 netmask 0xffffff00 broadcast 192.168.2.255
\tmedia: Ethernet autoselect (1000baseT <full-duplex>)
bridge0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\tdescription: nbe
\toptions=0
\tether 58:9c:fc:10:ff:ab
\tid 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15
\tmember: tap773 flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>
\t        ifmaxaddr 0 port 4 priority 128 path cost 2000000
\tmember: em0 flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>
\tgroups: bridge
tap773: flags=1008902<BROADCAST,PROMISC,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\tgroups: tap
`

describe('host/interfaces', () => {
  it('FreeBSD: descriptions, bridges and their ports', async () => {
    const ran: string[][] = []
    const found = await listInterfaces('freebsd', async argv => {
      ran.push(argv)
      return { stdout: IFCONFIG, stderr: '' }
    })
    assert.deepEqual(ran, [['ifconfig', '-a']])
    assert.deepEqual(found, [
      { name: 'em0' },
      { name: 'bridge0', description: 'nbe', ports: ['tap773', 'em0'] },
      { name: 'tap773' },
    ])
  })

  it('Linux: those of the network namespace of the process, whatever /sys shows', async () => {
    const lab = await Lab.open()
    try {
      await lab.tap()
      await lab.run(['ip', 'link', 'set', 'br0', 'alias', 'nbe'])
      const found = await listInterfaces('linux', async argv => ({ stdout: await lab.run(argv), stderr: '' }))
      assert.deepEqual(found, [
        { name: 'lo' },
        { name: 'br0', description: 'nbe', ports: ['tap0'] },
        { name: 'tap0' },
      ])
    } finally {
      await lab.close()
    }
  })

  it('none when the program is missing', async () => {
    assert.deepEqual(await listInterfaces('linux', () => Promise.reject(new Error('no ip'))), [])
  })
})
