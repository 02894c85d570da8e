import { existsSync, readFileSync } from 'node:fs'
import { boot, Refused, type Shared } from './world.ts'

const ACTIONS = /^"(destroy|restart|rename-restart|preserve|coredump-destroy|coredump-restart|soft-reset)"$/
const STRING = /^"[^"]*"$/
const NUMBER = /^\d+$/

/** xl.cfg(5): what each key takes, and for which guests it is. */
const KEYS: Record<string, { is: RegExp; for?: 'hvm' | 'pvh' }> = {
  name: { is: STRING },
  type: { is: /^"(hvm|pvh)"$/ },
  uuid: { is: /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/ },
  memory: { is: NUMBER },
  vcpus: { is: NUMBER },
  firmware: { is: /^"(bios|uefi|seabios|rombios|ovmf)"$/, for: 'hvm' },
  boot: { is: /^"[acdn]+"$/, for: 'hvm' },
  serial: { is: STRING, for: 'hvm' },
  kernel: { is: STRING, for: 'pvh' },
  cmdline: { is: STRING, for: 'pvh' },
  vif: { is: /^\[ "[^"]+" \]$/ },
  disk: { is: /^\[ "[^"]+" \]$/ },
  on_poweroff: { is: ACTIONS },
  on_reboot: { is: ACTIONS },
  on_crash: { is: ACTIONS },
}

/** xl(1): create -F -c FILE, shutdown -F DOMAIN, destroy DOMAIN. */
export function xl(shared: Shared, [verb, ...argv]: string[]): number | Promise<number> {
  const known = (name: string | undefined) => {
    if (name === undefined || shared.read().vms[name] === undefined) {
      throw new Refused(`${name} is an invalid domain identifier (rc=-6)`, 2)
    }
    return name
  }
  if (verb === 'create' && argv[0] === '-F' && argv[1] === '-c' && argv.length === 3)
    return create(shared, argv[2]!)
  if (verb === 'shutdown' && argv[0] === '-F' && argv.length === 2) {
    const name = known(argv[1])
    shared.change(({ vms }) => {
      vms[name]!.off = true
    })
    return 0
  }
  if (verb === 'destroy' && argv.length === 1) {
    const name = known(argv[0])
    shared.change(({ vms }) => {
      delete vms[name]
    })
    return 0
  }
  throw new Refused(`unknown command: ${verb} ${argv.join(' ')}`)
}

async function create(shared: Shared, file: string): Promise<number> {
  const config = readConfig(readFileSync(file, 'utf8'))
  const name = config.get('name')!.slice(1, -1)
  if (shared.read().vms[name] !== undefined) throw new Refused(`Domain ${name} already exists`)
  shared.change(({ vms }) => {
    vms[name] = {
      memory: config.get('memory')!,
      // sys/x86/xen/pv.c of FreeBSD.
      environment: (config.get('cmdline') ?? '""').slice(1, -1).split(/[, \t\n]/),
    }
  })
  const status = await boot(shared, name, 0)
  // on_poweroff = "destroy".
  shared.change(({ vms }) => {
    delete vms[name]
  })
  return status
}

export function readConfig(text: string): Map<string, string> {
  const config = new Map<string, string>()
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    const [, key, value] = /^(\w+) = (.+)$/.exec(line) ?? []
    if (key === undefined || value === undefined)
      throw new Refused(`config parsing error near line ${index + 1}`)
    if (!KEYS[key]?.is.test(value)) throw new Refused(`${key}: invalid value ${value}`)
    if (config.has(key)) throw new Refused(`${key} set twice`)
    config.set(key, value)
  }
  const type = config.get('type')?.slice(1, -1)
  for (const key of config.keys()) {
    const { for: only } = KEYS[key]!
    if (only !== undefined && only !== type) throw new Refused(`${key} is not for ${type} guests`)
  }
  const vif = config.get('vif')?.slice(3, -3) ?? ''
  for (const word of vif.split(',')) {
    if (!/^(mac=([0-9a-f]{2}:){5}[0-9a-f]{2}|bridge=\w+|type=(ioemu|vif)|model=[\w-]+)$/.test(word)) {
      throw new Refused(`unknown vif ${word}`)
    }
  }
  if (type === 'pvh' && /type=ioemu|model=/.test(vif)) throw new Refused('a PVH guest has no emulated card')
  const kernel = config.get('kernel')?.slice(1, -1)
  if (type === 'pvh' && !existsSync(kernel ?? '')) throw new Refused(`Failed to open kernel ${kernel}`)
  return config
}
