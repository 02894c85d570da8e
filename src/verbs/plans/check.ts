import { join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { canBoot, check, concerning, ofError, usualClients } from '../../be/check/check.ts'
import { type Checked, type CheckedClient, type Finding, ON_NFS } from '../../be/check/finding.ts'
import { mountsNfs } from '../../be/check/initrd.ts'
import { interfacesD } from '../../be/prepare/prepare.ts'
import { MACHINE_ID_FILES } from '../../be/system/machine-id.ts'
import { TreeReader } from '../../be/tree/read.ts'
import { TreeFiles } from '../../be/tree/steps.ts'
import { plan } from '../../boot/plan.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { checkRunsHere, hostArch } from '../../launch/common/tree/runs-here.ts'
import { noTcp } from '../../nfs/verify.ts'
import { type WritersLab, writersOf } from '../boots/writers.ts'
import { beName } from '../environments/names.ts'
import { isForMany, type RightsLab, wouldBeReadOnly } from '../shares/rights.ts'
import { clientAs, type KnownClient, knownClient } from './client.ts'
import { withoutDisproved } from './disproved.ts'

export interface CheckInput {
  /** Name of the boot environment. */
  name: string
  /**
   * The kinds of client that are to boot it, all of them; empty: those of the machines that it is assigned to, as far as
   * they are known, or else any of the usual ones for the system in the tree.
   */
  clients: readonly CheckedClient[]
}

export interface CheckResult {
  be: string
  /** The clients that were checked: those that can boot, and those that cannot. */
  clients: CheckedClient[]
  can: CheckedClient[]
  cannot: CheckedClient[]
  /** Whether all can boot that are to; of the usual ones, whether one can. */
  ok: boolean
  findings: Finding[]
}

type CheckLab = RightsLab & WritersLab & Pick<Lab, 'planner' | 'boots' | 'effective' | 'inventory'>

/** Lists what would stop a boot environment from booting; changes nothing. Throws BE_UNKNOWN, BE_TREE_…. */
export async function checkEnvironment(
  lab: CheckLab,
  { name, clients: wanted }: CheckInput,
): Promise<CheckResult> {
  const be = await lab.store.get(beName(lab, name))
  const machines = wanted.length > 0 ? [] : machinesOf(lab, be)
  const own = [...new Set(machines.map(({ kind }) => kind))]
  const clients = wanted.length > 0 ? [...wanted] : own.length > 0 ? own : usualClients(be)
  const share = lab.shares.get(be.name)
  const findings = withoutDisproved(lab, be, check(await examine(lab, be)))
  if (share !== undefined && be.kind !== 'flat' && !be.installing) {
    for (const finding of await refusals(lab, be, asking(be, clients, machines))) add(findings, finding)
    for (const finding of await serverFindings(lab)) add(findings, finding)
  }
  if (clients.includes('jail')) for (const finding of await runsHere(lab, be)) add(findings, finding)
  const [can, cannot] = [true, false].map(boots =>
    clients.filter(client => canBoot(findings, [client]) === boots),
  )
  const ok = wanted.length > 0 || own.length > 0 ? cannot!.length === 0 : can!.length > 0
  return {
    be: be.name,
    clients,
    can: can!,
    cannot: cannot!,
    ok,
    findings: concerning(findings, clients),
  }
}

/** The machines that a boot environment is assigned to and whose kind of client is known. */
const machinesOf = (lab: CheckLab, be: BootEnvironment): KnownClient[] =>
  lab.assignments.machinesOf(be.name).flatMap(machine => knownClient(lab, machine.mac, machine) ?? [])

/** The clients whose boot plan is made: those of machines with their processors, others with that of the system. */
const asking = (
  be: BootEnvironment,
  clients: readonly CheckedClient[],
  machines: readonly KnownClient[],
): Pick<KnownClient, 'kind' | 'arch'>[] => [
  ...machines.filter(({ arch }) => arch !== undefined),
  ...clients
    .filter(kind => !machines.some(machine => machine.kind === kind && machine.arch !== undefined))
    .map(kind => ({ kind, ...(be.arch && { arch: be.arch }) })),
]

/** What keeps its programs from running on this host, as `be jail` finds it. */
async function runsHere({ effective }: CheckLab, be: BootEnvironment): Promise<Finding[]> {
  try {
    if (be.kind !== 'flat') await checkRunsHere(be, { platform: effective.platform, arch: hostArch() })
    return []
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    return [ofError(error, ['jail'])]
  }
}

/** What keeps the NFS server from serving, as `be sharenfs` finds it; nothing where this user may not see that. */
async function serverFindings({ nfs }: CheckLab): Promise<Finding[]> {
  try {
    await (await nfs.driver()).check()
    return []
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    return error.exit === 'permission' ? [] : [ofError(error, ON_NFS)]
  }
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
  const ofMany = isForMany(lab, be.name, readOnly)
  const own = be.kind === 'flat' || !ofMany ? [] : MACHINE_ID_FILES[be.kind]
  const ids = await Promise.all(own.map(path => read(path)))
  const sharedId = own.find((_, index) => ids[index]!.trim() !== '')
  const tree = new TreeReader(be.path)
  using initrd = be.boots.initrd === undefined ? undefined : tree.open(be.boots.initrd)
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
    writers: writersOf(lab, be.name),
    sharedId: sharedId && join(be.path, sharedId),
    hostKeys: tree.list('etc/ssh').filter(name => /^ssh_host_\w+_key$/.test(name)),
    ofMany,
    memoryEtc: files.has('conf/base/etc/remount'),
    initrdNfs: initrd ? await mountsNfs(initrd) : undefined,
  }
}

/** A MAC that no machine has: the check is not for a particular machine. */
const ANY_MAC = '02:00:00:00:00:00'

/** The refusals of the boot plan for these clients, errors of the NFS host included: what a machine would get. */
async function refusals(
  { planner }: Pick<Lab, 'planner'>,
  be: BootEnvironment,
  clients: readonly Pick<KnownClient, 'kind' | 'arch'>[],
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const { kind, arch } of clients) {
    if (kind !== 'uefi' && kind !== 'bios' && kind !== 'http') continue
    for (const stage of kind === 'http' || be.kind === 'linux' ? [kind] : [kind, 'loader']) {
      const input = await planner.input(clientAs(stage, ANY_MAC, arch), { be: be.name })
      const { refusal } = plan(input)
      if (refusal !== undefined) found.push(ofError(refusal, [kind]))
      if (input.root?.tcp === false) found.push(ofError(noTcp(input.root.server), ON_NFS))
    }
  }
  return found
}
