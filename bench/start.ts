import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildInto } from '../scripts/build.ts'
import type { Bench } from './contest.ts'
import type { Row } from './row.ts'

export const NEEDED = []

const TURNS = 20

/** `be list` of the package as it is installed, against Node that does nothing; the shortest of alternating runs, in ms. */
export async function start(bench: Bench): Promise<Row[]> {
  const dir = join(bench.dir, 'package')
  mkdirSync(dir)
  copyFileSync(resolve(import.meta.dirname, '../package.json'), join(dir, 'package.json'))
  await buildInto(join(dir, 'dist'))
  const list = [join(dir, 'dist/cli/main.js'), 'list']
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(dir, 'cache'),
    NBE_STATE_DIR: join(dir, 'state'),
    NBE_BE_ROOT: dir,
  }
  const best = { be: Number.POSITIVE_INFINITY, node: Number.POSITIVE_INFINITY }
  milliseconds(list, env) // fills the cache
  for (let turn = 0; turn < (bench.quick ? 1 : TURNS); turn++) {
    best.node = Math.min(best.node, milliseconds(['-e', '0'], env))
    best.be = Math.min(best.be, milliseconds(list, env))
  }
  return [
    {
      id: 'start-list',
      what: 'be list, from start to end',
      unit: 'ms',
      ours: best.be,
      peers: { 'node -e 0': best.node },
      goal: '≤ 3 × node',
      met: best.be <= 3 * best.node,
    },
  ]
}

function milliseconds(args: string[], env: NodeJS.ProcessEnv): number {
  const from = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stderr}`)
  return performance.now() - from
}
