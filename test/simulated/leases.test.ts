import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { decode, encode } from '../../src/dhcp/message.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { openDatabase } from '../../src/state/database.ts'
import { MachineTable } from '../../src/state/machine-table.ts'
import { OS, request } from '../dhcp/support.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { OVMF, SimMachine } from './clients.ts'
import { SERVER, SimSite } from './site.ts'

const line = (text: string) => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`

describe('be serve with a lease log in which not all is right', () => {
  const tmp = temporaryDirectory()

  it('starts, says what is wrong, gives no address away that may be in use, and lets its user renew', async () => {
    const state = join(tmp.path, 'state')
    mkdirSync(state, { recursive: true })
    const until = new SimNetwork().clock.now() + 3_600_000
    const bad = `00000000 bound 52:54:00:00:00:0a 192.168.77.100 ${until}\n`
    writeFileSync(
      join(state, 'leases.log'),
      line(`bound 52:54:00:00:00:01 999.1.1.1 ${until}`) +
        bad +
        line(`bound 52:54:00:00:00:02 10.9.9.9 ${until}`) +
        line(`bound 52:54:00:00:00:03 192.168.77.101 ${until}`) +
        line(`bound 52:54:00:00:00:04 192.168.77.102 ${until + 200 * 31_536_000_000}`),
    )
    const db = openDatabase(state)
    new MachineTable(db).insert({ name: 'm1', mac: '02:00:00:00:00:01', ip: '192.168.77.101' })
    db.close()

    const site = await SimSite.start(tmp.path)
    const damaged = site.last('dhcp:leases-damaged')?.detail
    assert.deepEqual([damaged?.lines, damaged?.quarantined], [2, 1])
    assert.ok(readFileSync(String(damaged?.kept), 'latin1').includes(bad))
    assert.deepEqual(site.last('dhcp:leases-odd')?.detail, {
      outside: 1,
      reserved: 1,
      example: '10.9.9.9 of 52:54:00:00:00:02',
    })
    assert.deepEqual(site.last('dhcp:leases-too-long')?.detail, { leases: 1 })

    const newcomer = new SimMachine(site.net, '02:00:00:00:00:99')
    assert.equal((await site.run(newcomer.dhcp(OVMF))).yiaddr, '192.168.77.103')
    const user = await site.net.host('192.168.77.100').udp({ address: '192.168.77.100', port: 68 })
    const renewed = new Promise<Buffer>(done => user.onMessage(done))
    const renewal = request(3, OS, { chaddr: Buffer.from('52540000000b', 'hex'), ciaddr: '192.168.77.100' })
    user.send(encode(renewal), { address: SERVER, port: 67 })
    const ack = decode(await site.run(renewed))
    assert.deepEqual([ack.options[0]?.[1][0], ack.yiaddr], [5, '192.168.77.100'])
    await site.stop()
  })
})
