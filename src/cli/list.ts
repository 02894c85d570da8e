import type { Command } from 'commander'
import type { Lab } from '../lab/lab.ts'
import { localTime } from '../session/format.ts'
import { listEnvironments, listFileSystems, listSnapshots } from '../verbs/environments/list.ts'
import { shownUsers } from '../verbs/trees/users.ts'
import { bytes } from './support/bytes.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out, outJson } from './support/print.ts'
import { table } from './support/table.ts'

export const list = (be: Command): Command =>
  be
    .command('list [be]')
    .alias('ls')
    .description('boot environments: what they are, what they boot with, who boots them, who uses them now')
    .option('-a, --all', 'their file systems, one a line')
    .option('-s, --snapshots', 'their snapshots')
    .action((name: string | undefined, given: { all?: boolean; snapshots?: boolean }, command: Command) =>
      withLab(command, async lab => {
        if (given.all && given.snapshots) command.error('-a and -s do not go together')
        const listing = given.all ? fileSystems : given.snapshots ? snapshots : environments
        const { all, header, rows } = await listing(lab, name)
        const { json, scripted } = common(command)
        if (json) return outJson(all)
        out(table(rows, header, scripted))
      }),
    )

interface Listing {
  /** For --json. */
  all: unknown[]
  /** For a table. */
  header: string[]
  rows: string[][]
}

async function environments(lab: Lab, name?: string): Promise<Listing> {
  const all = await listEnvironments(lab, { name })
  const rows = all.map(one => [
    one.name,
    one.installing ? 'installing' : one.mounted === false ? '-' : one.kind,
    one.arch ?? '-',
    one.release ?? '-',
    Object.keys(one.boots).join(',') || '-',
    one.shared ?? '-',
    one.uses.join(', ') || '-',
    one.mounted === false ? '-' : one.path,
    one.dataSet === undefined ? '-' : bytes(one.dataSet.used),
    one.dataSet?.origin ?? '-',
    shownUsers(one.users) || '-',
  ])
  const columns = ['BE', 'KIND', 'ARCH', 'RELEASE', 'BOOTS', 'SHARED', 'USED', 'PATH', 'SPACE', 'ORIGIN']
  const header = [...columns, 'RUN BY']
  return { all, header, rows }
}

async function fileSystems(lab: Lab, name?: string): Promise<Listing> {
  const all = await listFileSystems(lab, { name })
  const rows = all.map(one => [one.be, `/${one.inside}`, one.dataSet ?? '-', one.mounted ? one.path : '-'])
  return { all, header: ['BE', 'INSIDE', 'DATASET', 'MOUNTED'], rows }
}

async function snapshots(lab: Lab, name?: string): Promise<Listing> {
  const all = await listSnapshots(lab, { name })
  const rows = all.map(({ name, used, created }) => [name, bytes(used), localTime(created)])
  return { all, header: ['SNAPSHOT', 'SPACE', 'CREATED'], rows }
}
