import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine } from '../support/command-line.ts'
import { BURSTS } from './bursts/index.ts'
import { ATTACKER, BE, BIG, HUGE, LARGE, LOADER, LOADER_BYTES, NOBODY, PROBE } from './network.ts'
import type { Answer } from './probe.ts'

const SERVICES = ['DHCP', 'TFTP', 'HTTP', 'NFS/UDP', 'NFS/TCP']
const script = (name: string) => `${import.meta.dirname}/${name}`

/** How long an attack lasts. */
const SECONDS = 4
/**
 * Longest time (ms) for an answer during an attack: 1 s on an idle machine, and more in proportion on one that is slow
 * without an attack too, or that was too busy for the probe itself at that time.
 */
const limit = (idleMs: number, lateMs: number) => 1000 + 30 * idleMs + 20 * lateMs
const MAX_RSS_MB = 400
/** The same some time after all attacks. */
const RESTING_MB = 300

/** The environment that the service has under systemd, which decides how much memory it gives back. */
function unitEnvironment(): Record<string, string> {
  const unit = readFileSync(script('../../systemd/bed.service'), 'utf8')
  const words = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line]) => line!.split(' '))
  return Object.fromEntries(words.map(word => word.split(/=(.*)/s).slice(0, 2)))
}

/** Prints the memory of a process (kB) for as long as it runs. */
const WATCH =
  'while sleep 0.2; do while read k v u; do [ $k != VmRSS: ] || echo $v; done </proc/$1/status; done'

/**
 * Gives the attacking host its addresses, and those of NOBODY in a way that it sends from them and does not answer ARP
 * for them.
 */
const DISGUISE = [
  'cd /proc/sys/net/ipv4/conf/all; echo 1 >arp_ignore; echo 2 >arp_announce',
  'ip link set lo up',
  ...ATTACKER.slice(1).map(address => `ip address add ${address}/24 dev eth0`),
  ...NOBODY.map(address => `ip address add ${address}/32 dev lo`),
].join('\n')

describe('be serve, attacked by one host', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let attacker: string[]
  let memory: Program
  const answers: Answer[] = []
  /** Slowest answer of each service without an attack, in ms. */
  const idle = new Map<string, number>()

  before(async () => {
    lab = await Lab.open()
    const settings = { NBE_NFS_DRIVER: 'embedded', NBE_LOG_LEVEL: 'error' }
    cli = new CommandLine(lab, { ...settings, ...unitEnvironment() })
    await cli.done('create', '-l', 'freebsd', BE)
    await cli.shell(`cd /ROOT/${BE} && mkdir -p bin boot/kernel && echo x >boot/kernel/kernel && echo 'USERLAND_VERSION="14.1-RELEASE"' >bin/freebsd-version &&
      truncate -s ${LOADER_BYTES} ${LOADER} && truncate -s 64M ${LARGE} && truncate -s 32G ${HUGE} &&
      mkdir ${BIG} && cd ${BIG} && seq -f file%.0f 20000 | xargs touch`)
    await cli.done('machine', 'add', 'm1', PROBE.mac, '--ip', PROBE.ip)
    await cli.serve()
    await cli.done('sharepxe', BE, 'm1')
    const probe = await lab.station('probe', `${PROBE.address}/24`)
    attacker = await lab.station('attacker', `${ATTACKER[0]}/24`)
    await lab.run([...attacker, 'sh', '-ec', DISGUISE])
    memory = lab.start(['sh', '-c', WATCH, 'sh', cli.pid])
    lab
      .start([...probe, process.execPath, script('probe.ts')], { name: 'probe' })
      .transcript.onLine(line => (line.startsWith('{') ? answers.push(JSON.parse(line)) : console.log(line)))
    for (const what of SERVICES) {
      while (answers.filter(answer => answer.what === what).length < 5) await sleep(50)
      // The first one loads and compiles code.
      const [, ...times] = answers.filter(answer => answer.what === what).map(({ ms }) => ms)
      idle.set(what, Math.max(...times))
    }
    console.log(`    without attack: ${[...idle].map(([what, ms]) => `${what} ${ms} ms`).join(', ')}`)
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  const since = (what: string, from: number, until = Number.POSITIVE_INFINITY): Answer[] =>
    answers.filter(answer => answer.what === what && answer.at + answer.ms >= from && answer.at < until)

  const rss = (): number[] => memory.transcript.text.split('\n').filter(Boolean).map(Number)

  for (const name of Object.keys(BURSTS)) {
    it(`${name}: everyone else is served`, async () => {
      const from = Date.now()
      const measured = rss().length
      await lab.run([...attacker, process.execPath, script('burst.ts'), name, String(SECONDS)])
      const end = Date.now()
      const problems: string[] = []
      const figures: string[] = []
      for (const what of SERVICES) {
        while (!since(what, end).some(({ at }) => at >= end)) await sleep(50)
        const during = since(what, from)
        const slowest = Math.max(...during.map(({ ms }) => ms))
        const failed = during.find(answer => answer.failed !== undefined)
        const most = limit(idle.get(what)!, Math.max(...during.map(({ late }) => late)))
        figures.push(`${what} ${slowest} ms`)
        if (failed !== undefined) problems.push(`${what}: ${failed.failed}`)
        if (slowest > most) problems.push(`${what}: ${slowest} ms, at most ${most} expected`)
      }
      const megabytes = Math.round(Math.max(...rss().slice(measured)) / 1024)
      if (megabytes > MAX_RSS_MB) problems.push(`${megabytes} MB of memory`)
      console.log(
        `      ${figures.join(', ')}; ${megabytes} MB, ${Math.round(rss().at(-1)! / 1024)} MB afterwards`,
      )
      assert.deepEqual(problems, [])
    })
  }

  it('gives the memory back', async () => {
    while (rss().at(-1)! / 1024 > RESTING_MB) await sleep(200)
  })
})
