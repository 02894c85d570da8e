import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseLease } from '../../src/dhcp/leases/lease.ts'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine } from '../support/command-line.ts'

interface Ack {
  mac: string
  ip: string
}

const CROWD = `${import.meta.dirname}/crowd.ts`
const SIZE = 50

describe('be serve, killed at any time', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let station: string[]
  /** The address in each machine's ACKs, over all runs of the service. */
  const addresses = new Map<string, string>()

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_LAB_POOL: '192.168.77.20-192.168.77.250', NBE_LOG_LEVEL: 'error' })
    station = await lab.station('crowd', '192.168.77.9/24')
    await cli.done('machine', 'add', 'm1', '02:00:00:00:01:00', '--ip', '192.168.77.11')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  const crowd = (series: number, ...kill: string[]): Program =>
    lab.start([...station, process.execPath, CROWD, String(series), String(SIZE), ...kill], { name: 'crowd' })

  const acks = (program: Program): Ack[] =>
    program.transcript.text
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line))

  /** Each machine gets the address that it had before, and none that another machine has. */
  function remember(all: Ack[]): void {
    for (const { mac, ip } of all) {
      assert.equal(addresses.get(mac) ?? ip, ip, `${mac} had another address before`)
      const other = [...addresses].find(([who, address]) => address === ip && who !== mac)
      assert.equal(other, undefined, `${ip} was given to ${mac} and to ${other?.[0]}`)
      addresses.set(mac, ip)
    }
  }

  /** The last record of the lease log of each machine. */
  function leases(): Map<string, string> {
    const text = readFileSync(join(cli.state, 'leases.log'), 'latin1')
    const bound = text.split('\n').flatMap(line => parseLease(line) ?? [])
    return new Map(bound.filter(({ state }) => state === 'bound').map(({ mac, ip }) => [mac, ip]))
  }

  for (const [series, replies] of [2, 51, 67, 99].entries()) {
    it(`at reply ${replies} of a storm: every ACK that was received is on disk, and valid afterwards`, async () => {
      const service = await cli.serve()
      const storm = crowd(series, join(cli.state, 'serve.pid'), String(replies))
      await storm.transcript.waitFor(/^killed$/m, 20_000)
      await service.ended
      const seen = acks(storm)
      for (const { mac, ip } of seen) assert.equal(leases().get(mac), ip, `${mac} was given ${ip}`)
      remember(seen)
      const next = await cli.serve()
      assert.match(await storm.ended, /status 0/, 'the others get theirs from its successor')
      remember(acks(storm))
      assert.equal(acks(storm).length, SIZE)
      await next.stop()
    })
  }

  it('afterwards all machines of all storms get their former addresses', async () => {
    await cli.serve()
    for (const series of [0, 1, 2, 3]) {
      const again = crowd(series)
      assert.match(await again.ended, /status 0/)
      remember(acks(again))
    }
    assert.equal(addresses.get('02:00:00:00:01:00'), '192.168.77.11', 'the reservation too')
    assert.equal(new Set(addresses.values()).size, 4 * SIZE)
  })
})
