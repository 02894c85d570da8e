import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { reason } from '../../src/errors/errors.ts'
import { EXIT } from '../../src/errors/sysexits.ts'
import { ensurePackages } from '../support/packages.ts'
import { GUEST_FAILED, GUEST_UP, parseGuestReport } from './guest-report.ts'
import { LAB } from './lab.ts'
import type { Program } from './program.ts'
import type { Firmware } from './qemu.ts'
import { GANESHA_PACKAGES, type Nfs, PACKAGES, Site } from './site.ts'
import { stageReached } from './stages.ts'

const USAGE = `usage: npm run demo -- [--firmware uefi|bios] [--nfs embedded|ganesha] [--keep] [--root DIR]
                          [--timeout SECONDS]

Boots an emulated machine over a private network, from its firmware's PXE to a root on NFS.
  --firmware  uefi: OVMF's own PXE; bios: SeaBIOS and an iPXE ROM (default: uefi)
  --nfs       embedded: be serve's own NFS server; ganesha: nfs-ganesha, driven by it (default: embedded)
  --keep      leave it running with a shell on this terminal; Ctrl-C ends it
  --root      boot this directory (a FreeBSD tree, say) instead of a small Linux made for the purpose
  --timeout   give up after so many seconds (default: 180)
`
const MACHINE = { name: 'm1', mac: '52:54:00:6e:62:65', ip: '192.168.77.50' }

/** With --root: what FreeBSD's and Linux' kernels print when they mount a root on NFS, or the login prompt. */
const FOREIGN_UP = /^Trying to mount root from nfs:.*$|^VFS: Mounted root \(nfs.*$|^.*\blogin: ?$/m

interface Options {
  firmware: Firmware
  nfs: Nfs
  keep: boolean
  root: string | undefined
  seconds: number
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      firmware: { type: 'string', default: 'uefi' },
      nfs: { type: 'string', default: 'embedded' },
      keep: { type: 'boolean', default: false },
      root: { type: 'string' },
      timeout: { type: 'string', default: '180' },
    },
  })
  const { firmware, nfs, keep, root } = values
  if (firmware !== 'uefi' && firmware !== 'bios')
    throw new Error(`--firmware ${firmware}: expected uefi or bios`)
  if (nfs !== 'embedded' && nfs !== 'ganesha') throw new Error(`--nfs ${nfs}: expected embedded or ganesha`)
  const seconds = Number(values.timeout)
  if (!(seconds > 0)) throw new Error(`--timeout ${values.timeout}: expected seconds`)
  return { firmware, nfs, keep, root, seconds }
}

const say = (text: string): void => console.log(text)

/** Shows a command as it would be typed, and runs it. */
async function be(site: Site, ...args: string[]): Promise<void> {
  say(`# be ${args.join(' ')}`)
  const printed = (await site.be(...args)).trim()
  if (printed !== '') say(printed)
}

/** Makes the boot environment and lets the machine boot it; resolves with the BE's name. */
async function prepare(site: Site, { root, keep }: Options): Promise<string> {
  const name = root === undefined ? 'demo' : basename(root).replace(/[^A-Za-z0-9._-]/g, '') || 'demo'
  if (root === undefined) {
    say(`# be create -l linux ${name}          and a kernel and busybox into it`)
    await site.addGuestBe(name, { keep })
  } else {
    await site.addDirectoryBe(name, root)
  }
  await be(site, 'list')
  await be(site, 'sharenfs', name)
  await be(site, 'machine', 'add', MACHINE.name, MACHINE.mac, '--ip', MACHINE.ip)
  await be(site, 'sharepxe', name, MACHINE.name)
  return name
}

/** Waits for the line with which the guest reports that it is up; throws unless its root is `name` by NFS. */
async function waitUntilUp(guest: Program, name: string, { root, seconds }: Options): Promise<string> {
  const up = root === undefined ? GUEST_UP : new RegExp(`${GUEST_UP.source}|${FOREIGN_UP.source}`, 'm')
  const either = new RegExp(`${up.source}|${GUEST_FAILED.source}`, 'm')
  const [line] = await guest.transcript.waitFor(either, seconds * 1000, 'its report that it is up')
  if (GUEST_FAILED.test(line)) throw new Error(`the guest gave up: ${line.trimEnd()}`)
  const own = line.match(GUEST_UP)
  if (own === null) return line
  const report = parseGuestReport(own)
  const wanted = `${LAB.server}:/ROOT/${name}`
  const right = report.type === 'nfs' && report.root === wanted && (root !== undefined || report.be === name)
  if (!right) throw new Error(`the guest is up, but not from ${wanted}: ${line}`)
  return line
}

async function keepRunning(guest: Program): Promise<void> {
  say('It keeps running; this terminal is its console. Ctrl-C ends all.')
  guest.transcript.onText(text => process.stdout.write(text))
  process.stdin.on('data', data => guest.type(data.toString()))
  guest.type('\n')
  await guest.ended
}

async function demo(site: Site, options: Options): Promise<void> {
  say('# be serve &')
  await site.serve()
  const name = await prepare(site, options)
  const log = site.log()
  log.transcript.onLine(say)
  say(`\n${MACHINE.name} is switched on (${options.firmware}, ${MACHINE.mac})`)
  const from = performance.now()
  // FreeBSD's kernel and memory disks want more than our small Linux.
  const guest = await site.switchOn(options.firmware, MACHINE.mac, options.root === undefined ? 512 : 1024)
  try {
    const line = await waitUntilUp(guest, name, options)
    const seconds = ((performance.now() - from) / 1000).toFixed(1)
    say(`\n${line.trimEnd()}`)
    say(`${MACHINE.name} runs ${name} from NFS, ${seconds} s after it was switched on.`)
  } catch (error) {
    if (ending) throw error
    say(`\n${MACHINE.name} did not come up; ${stageReached(log.transcript.text)}. Its console, last lines:`)
    say(guest.transcript.tail(25))
    throw error
  }
  if (options.keep) await keepRunning(guest)
}

let site: Site | undefined
let ending = false

/** Ends everything, once: on a signal, a failure, or at the end. */
async function end(status: number): Promise<void> {
  if (ending) return
  ending = true
  await site?.close()
  process.exit(status)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(130))

/** The options; on a usage error prints the usage and exits. */
function optionsOrUsage(): Options {
  try {
    return readOptions()
  } catch (error) {
    console.error(`demo: ${reason(error)}\n\n${USAGE}`)
    process.exit(EXIT.usage)
  }
}

try {
  const options = optionsOrUsage()
  await ensurePackages(options.nfs === 'ganesha' ? [...PACKAGES, ...GANESHA_PACKAGES] : PACKAGES)
  site = await Site.open(options.nfs)
  await demo(site, options)
  await end(0)
} catch (error) {
  // Errors that are caused by ending it are not reported.
  if (!ending) console.error(`demo: ${reason(error).split(/; last lines:|\n/, 1)[0]}`)
  await end(1)
}
