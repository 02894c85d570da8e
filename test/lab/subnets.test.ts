import assert from 'node:assert/strict'
import { load } from '../../src/config/load.ts'
import { LabSubnets } from '../../src/lab/subnets.ts'

describe('lab/subnets', () => {
  const flags = {
    'lab.address': '192.168.77.1/24',
    'dhcp.subnets': '10.88.0.0/24 address=10.88.0.1; 10.1.0.0/24 router=10.1.0.1',
  }
  const subnets = new LabSubnets({ ...load({ flags }), platform: 'freebsd' })

  it('ours are this host, the hosts of the lab, of further interfaces, and those behind relay agents', () => {
    for (const address of ['127.0.0.1', '192.168.77.1', '192.168.77.254', '10.88.0.7', '10.1.0.9']) {
      assert.ok(subnets.isOurs(address), address)
    }
  })

  it('and nobody else: other networks, broadcast addresses, no address', () => {
    const others = ['192.168.78.1', '10.1.1.9', '8.8.8.8', '192.168.77.255', '192.168.77.0', '0.0.0.0']
    for (const address of [...others, '255.255.255.255']) assert.ok(!subnets.isOurs(address), address)
  })
})
