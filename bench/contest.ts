import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Programs } from './packages.ts'
import { median } from './row.ts'
import type { Contender, Server, ServerContext } from './server.ts'

/** The context of a bench. */
export interface Bench {
  programs: Programs
  /** Directory for all that is written. */
  dir: string
  /** Turns for each contender. */
  rounds: number
  /** Fewer and shorter measurements, to check that everything runs. */
  quick: boolean
}

/** The measurements of each contender by name, one for each turn. */
export type Results<T> = Map<string, T[]>

export interface Turn<T> {
  files: string
  contenders: readonly Contender[]
  /** Called before the server starts, to prepare its directory. */
  prepare?(site: ServerContext, contender: Contender): void
  measure(server: Server, contender: Contender): Promise<T>
}

/** Measures the contenders in alternation, each time freshly started, so that other load on the machine affects all. */
export async function contest<T>(bench: Bench, turn: Turn<T>): Promise<Results<T>> {
  const results: Results<T> = new Map(turn.contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < bench.rounds; round++) {
    for (const contender of turn.contenders) {
      results.get(contender.name)!.push(await once(bench, turn, contender))
    }
  }
  return results
}

/** One turn of one contender. */
export async function once<T>(bench: Bench, turn: Turn<T>, contender: Contender): Promise<T> {
  const site: ServerContext = {
    programs: bench.programs,
    dir: join(bench.dir, contender.name),
    files: turn.files,
  }
  mkdirSync(site.dir)
  turn.prepare?.(site, contender)
  const server = await contender.start(site)
  try {
    const result = await turn.measure(server, contender)
    process.stderr.write(`bench: ${contender.name} ${JSON.stringify(result)}\n`)
    return result
  } finally {
    await server.stop()
    rmSync(site.dir, { recursive: true, force: true })
  }
}

/** The median of one figure for nbe and for each of the peers. */
export function medians<T>(
  results: Results<T>,
  pick: (result: T) => number,
): { ours: number; peers: Record<string, number> } {
  const all = [...results].map(([name, values]) => [name, median(values.map(pick))] as const)
  const { nbe: ours = Number.NaN, ...peers } = Object.fromEntries(all)
  return { ours, peers }
}
