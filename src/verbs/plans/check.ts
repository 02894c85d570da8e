import { join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { canBoot, check as checkTree, concerning, ofError, usualClients } from '../../be/check/check.ts'
import type { Checked, CheckedClient, Finding } from '../../be/check/finding.ts'
import { mountsNfs } from '../../be/check/initrd.ts'
import { parseBeName } from '../../be/name.ts'
import { interfacesD } from '../../be/prepare/prepare.ts'
import { MACHINE_ID_FILE } from '../../be/system/machine-id.ts'
import { resolveInside } from '../../be/tree/resolve.ts'
import { TreeFiles } from '../../be/tree/steps.ts'
import { plan } from '../../boot/plan.ts'
import type { Lab } from '../../lab/lab.ts'
import { isOfMany, wouldBeReadOnly } from '../shares/tree-use.ts'
import { clientAs } from './explain.ts'

/** What a check came to. */
export interface CheckResult {
  be: string
  /** Who was asked for, and whether all of them can boot. */
  clients: CheckedClient[]
  ok: boolean
  findings: Finding[]
}

/** Names what would stop a boot environment from booting; changes nothing. Throws BE_UNKNOWN, BE_TREE_…. */
export async function check(rooms: Lab, text: string, asked: readonly CheckedClient[]): Promise<CheckResult> {
  const be = await rooms.store.get(parseBeName(text, rooms.settings['be.parent']))
  const clients = asked.length > 0 ? [...asked] : usualClients(be)
  const share = rooms.shares.get(be.name)
  const found = checkTree(await look(rooms, be))
  const findings = [...found]
  if (share !== undefined && be.kind !== 'flat' && !be.installing) {
    for (const finding of await planned(rooms, be, clients)) {
      const known = findings.find(({ code }) => code === finding.code)
      if (known === undefined) findings.push(finding)
      else known.stops = [...new Set([...known.stops, ...finding.stops])]
    }
  }
  const ok = canBoot(findings, clients)
  return { be: be.name, clients, ok, findings: concerning(findings, clients) }
}

async function look(rooms: Lab, be: BootEnvironment): Promise<Checked> {
  const files = new TreeFiles(be.path)
  const read = async (...paths: string[]) =>
    (await Promise.all(paths.map(async path => (await files.read(path)) ?? ''))).join('\n')
  const more = be.kind === 'linux' ? await interfacesD(be.path, be.kind) : []
  const share = rooms.shares.get(be.name)
  const readOnly = await wouldBeReadOnly(rooms, be.name)
  const own = be.kind === 'flat' || !isOfMany(rooms, be.name, readOnly) ? undefined : MACHINE_ID_FILE[be.kind]
  const initrd = be.boots.initrd && (await resolveInside(be.path, be.boots.initrd))
  return {
    be,
    fileSystems: await rooms.store.fileSystems(be.name),
    share,
    server: rooms.nfsServer,
    readOnly,
    nfsOptions: rooms.settings['nfs.options'],
    fstab: await files.read('etc/fstab'),
    rc: await read('etc/rc.conf', 'etc/rc.conf.local'),
    loaderConf: await read('boot/loader.conf', 'boot/loader.conf.local'),
    interfaces: await read('etc/network/interfaces', ...more),
    sharedId: own !== undefined && (await read(own)).trim() !== '' ? join(be.path, own) : undefined,
    initrdNfs: initrd ? await mountsNfs(initrd) : undefined,
  }
}

/** An address that no machine has: what is asked is whether any could boot. */
const NOBODY = '02:00:00:00:00:00'

/** What the boot plan itself refuses, and the NFS host: the very rules that a machine meets. */
async function planned(
  rooms: Lab,
  be: BootEnvironment,
  clients: readonly CheckedClient[],
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const kind of ['uefi', 'bios', 'http'] as const) {
    if (!clients.includes(kind)) continue
    for (const stage of kind === 'http' || be.kind === 'linux' ? [kind] : [kind, 'loader']) {
      const { refusal } = plan(await rooms.planner.input(clientAs(stage, NOBODY), { be: be.name }))
      if (refusal !== undefined) found.push(ofError(refusal, [kind]))
    }
  }
  return found
}
