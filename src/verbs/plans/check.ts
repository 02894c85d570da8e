import { join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { canBoot, check, concerning, ofError, usualClients } from '../../be/check/check.ts'
import type { Checked, CheckedClient, Finding } from '../../be/check/finding.ts'
import { mountsNfs } from '../../be/check/initrd.ts'
import { interfacesD } from '../../be/prepare/prepare.ts'
import { MACHINE_ID_FILE } from '../../be/system/machine-id.ts'
import { TreeReader } from '../../be/tree/read.ts'
import { TreeFiles } from '../../be/tree/steps.ts'
import { plan } from '../../boot/plan.ts'
import type { Lab } from '../../lab/lab.ts'
import { beName } from '../environments/names.ts'
import { isForMany, type RightsLab, wouldBeReadOnly } from '../shares/rights.ts'
import { clientAs } from './client.ts'

export interface CheckInput {
  /** Name of the boot environment. */
  name: string
  /** The kinds of client that are to boot it; empty: the usual ones for the system in the tree. */
  clients: readonly CheckedClient[]
}

export interface CheckResult {
  be: string
  /** The clients that were checked. */
  clients: CheckedClient[]
  /** Whether all of them can boot. */
  ok: boolean
  findings: Finding[]
}

type CheckLab = RightsLab & Pick<Lab, 'planner'>

/** Lists what would stop a boot environment from booting; changes nothing. Throws BE_UNKNOWN, BE_TREE_…. */
export async function checkEnvironment(
  lab: CheckLab,
  { name, clients: wanted }: CheckInput,
): Promise<CheckResult> {
  const be = await lab.store.get(beName(lab, name))
  const clients = wanted.length > 0 ? [...wanted] : usualClients(be)
  const share = lab.shares.get(be.name)
  const findings = [...check(await examine(lab, be))]
  if (share !== undefined && be.kind !== 'flat' && !be.installing) {
    for (const finding of await refusals(lab, be, clients)) add(findings, finding)
  }
  const ok = canBoot(findings, clients)
  return { be: be.name, clients, ok, findings: concerning(findings, clients) }
}

/** Adds a finding; one of the same code stops these clients too. */
function add(findings: Finding[], finding: Finding): void {
  const known = findings.find(({ code }) => code === finding.code)
  if (known === undefined) findings.push(finding)
  else known.stops = [...new Set([...known.stops, ...finding.stops])]
}

/** What the checks need to know of the tree and its share. */
async function examine(lab: CheckLab, be: BootEnvironment): Promise<Checked> {
  const files = new TreeFiles(be.path)
  const read = async (...paths: string[]) =>
    (await Promise.all(paths.map(async path => (await files.read(path)) ?? ''))).join('\n')
  const more = be.kind === 'linux' ? interfacesD(be.path, be.kind) : []
  const share = lab.shares.get(be.name)
  const readOnly = await wouldBeReadOnly(lab, be.name)
  const own = be.kind === 'flat' || !isForMany(lab, be.name, readOnly) ? undefined : MACHINE_ID_FILE[be.kind]
  using initrd = be.boots.initrd === undefined ? undefined : new TreeReader(be.path).open(be.boots.initrd)
  return {
    be,
    fileSystems: await lab.store.fileSystems(be.name),
    share,
    server: lab.nfs.server,
    readOnly,
    nfsOptions: lab.settings['nfs.options'],
    fstab: await files.read('etc/fstab'),
    rc: await read('etc/rc.conf', 'etc/rc.conf.local'),
    loaderConf: await read('boot/loader.conf', 'boot/loader.conf.local'),
    interfaces: await read('etc/network/interfaces', ...more),
    sharedId: own !== undefined && (await read(own)).trim() !== '' ? join(be.path, own) : undefined,
    initrdNfs: initrd ? await mountsNfs(initrd) : undefined,
  }
}

/** A MAC that no machine has: the check is not for a particular machine. */
const ANY_MAC = '02:00:00:00:00:00'

/** The refusals of the boot plan for these clients, errors of the NFS host included: what a machine would get. */
async function refusals(
  { planner }: Pick<Lab, 'planner'>,
  be: BootEnvironment,
  clients: readonly CheckedClient[],
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const kind of ['uefi', 'bios', 'http'] as const) {
    if (!clients.includes(kind)) continue
    for (const stage of kind === 'http' || be.kind === 'linux' ? [kind] : [kind, 'loader']) {
      const { refusal } = plan(await planner.input(clientAs(stage, ANY_MAC), { be: be.name }))
      if (refusal !== undefined) found.push(ofError(refusal, [kind]))
    }
  }
  return found
}
