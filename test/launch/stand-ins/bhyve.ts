import { existsSync, statSync } from 'node:fs'
import { boot, getopt, Refused, type Shared, type World } from './world.ts'

const MEMORY = /^\d+[KkMmGgTt]?$/
const MAC = /^mac=([0-9a-f]{2}:){5}[0-9a-f]{2}$/
const EMULATIONS = ['hostbridge', 'lpc', 'virtio-net', 'virtio-blk', 'virtio-rnd', 'e1000', 'ahci-hd']

/** bhyveload(8): `[-CS] [-c cons-dev] [-d disk-path] [-e name=value] [-h host-path] [-l os-loader] [-m memsize] vmname`. */
export function bhyveload(shared: Shared, argv: string[]): number {
  const { options, operands } = getopt(argv, 'CS', 'cdehlm')
  const [name, ...more] = operands
  if (name === undefined || more.length > 0) throw new Refused('usage: bhyveload …', 1)
  const value = (letter: string) => options.find(([option]) => option === letter)?.[1]
  const base = value('h')
  if (base === undefined || !statSync(base, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Refused(`Could not open '${base}'`)
  }
  if (!existsSync(`${base}/boot/kernel/kernel`)) throw new Refused("can't find 'kernel'")
  const memory = value('m') ?? '256'
  if (!MEMORY.test(memory)) throw new Refused(`Invalid memsize '${memory}'`)
  const environment = options.filter(([letter]) => letter === 'e').map(([, pair]) => pair)
  const wrong = environment.find(pair => !/^[A-Za-z_][\w.]*=/.test(pair))
  if (wrong !== undefined) throw new Refused(`invalid -e ${wrong}`)
  shared.change(world => {
    world.vms[name] = { memory, environment }
  })
  return 0
}

/** bhyvectl(8): `--vm=<vmname> --destroy`. */
export function bhyvectl(shared: Shared, argv: string[]): number {
  const [, name] = /^--vm=(\S+)$/.exec(argv[0] ?? '') ?? []
  if (name === undefined || argv[1] !== '--destroy' || argv.length !== 2)
    throw new Refused('Usage: bhyvectl …')
  return shared.change(({ vms }) => {
    if (vms[name] === undefined) throw new Refused(`VM:${name} is not created.`)
    delete vms[name]
    return 0
  })
}

/** bhyve(8): one boot; exit status 4 for an error of its own. */
export async function bhyve(shared: Shared, argv: string[]): Promise<number> {
  const { options, operands } = getopt(argv, 'AaCDeHhPSuWwxY', 'cGklmoprsU')
  const [name, ...more] = operands
  if (name === undefined || more.length > 0) throw new Refused('Usage: bhyve …', 4)
  const all = (letter: string) => options.filter(([option]) => option === letter).map(([, value]) => value)
  const memory = all('m')[0] ?? '256M'
  if (!MEMORY.test(memory)) throw new Refused(`invalid memsize '${memory}'`, 4)
  if (all('c').some(cpus => !/^\d+$/.test(cpus))) throw new Refused('invalid cpu topology', 4)
  if (all('U').some(uuid => !/^[0-9a-f-]{36}$/.test(uuid))) throw new Refused('invalid UUID', 4)
  const world = shared.read()
  checkSlots(all('s'), world)
  const rom = checkLpc(all('l'))
  const vm = world.vms[name]
  if (vm === undefined && !rom) throw new Refused('virtual machine cannot be booted', 4)
  if (vm !== undefined && !rom && vm.memory !== memory) throw new Refused('Unable to setup memory', 4)
  shared.change(({ vms }) => {
    vms[name] ??= { memory, environment: [] }
  })
  const status = await boot(shared, name, 1)
  // Closing a tap takes it down: tap(4).
  shared.change(({ interfaces }) => {
    for (const tap of taps(all('s'))) if (interfaces[tap]) interfaces[tap].up = false
  })
  return status
}

const taps = (slots: string[]): string[] =>
  slots.flatMap(slot => slot.split(',').filter(word => /^tap\d+$/.test(word)))

function checkSlots(slots: string[], { interfaces }: World): void {
  const seen = new Set<string>()
  for (const slot of slots) {
    const [place, emulation, ...conf] = slot.split(',') as [string, string, ...string[]]
    if (!/^\d{1,2}(:\d+){0,2}$/.test(place) || Number.parseInt(place, 10) > 31 || seen.has(place)) {
      throw new Refused(`invalid PCI slot ${slot}`, 4)
    }
    seen.add(place)
    if (!EMULATIONS.includes(emulation)) throw new Refused(`unknown device model '${emulation}'`, 4)
    if (emulation === 'virtio-net' || emulation === 'e1000') checkCard(conf, interfaces)
    if (emulation === 'virtio-blk' || emulation === 'ahci-hd') {
      if (!existsSync(conf[0] ?? '')) throw new Refused('Could not open backing file', 4)
    }
  }
  if (!slots.some(slot => /^0,hostbridge$/.test(slot))) throw new Refused('no hostbridge', 4)
  if (!slots.some(slot => /,lpc$/.test(slot))) throw new Refused('com1 needs lpc', 4)
}

function checkCard([tap, mac, ...more]: string[], interfaces: World['interfaces']): void {
  if (tap === undefined || interfaces[tap] === undefined)
    throw new Refused(`open of tap device /dev/${tap} failed`, 4)
  if (!interfaces[tap].up) throw new Refused(`${tap} is down: no packet would pass`, 4)
  if (mac === undefined || !MAC.test(mac) || more.length > 0)
    throw new Refused(`Invalid MAC address ${mac}`, 4)
}

/** Whether firmware is among them. */
function checkLpc(devices: string[]): boolean {
  for (const device of devices) {
    const [kind, conf] = device.split(',')
    if (kind === 'bootrom' && !existsSync(conf ?? '')) throw new Refused(`Error opening bootrom "${conf}"`, 4)
    else if (kind !== 'bootrom' && device !== 'com1,stdio')
      throw new Refused(`invalid lpc device configuration '${device}'`, 4)
  }
  return devices.some(device => device.startsWith('bootrom,'))
}
