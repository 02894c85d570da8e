import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Metafile } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')

/** The programs of the package: `be`, and the two that it starts. */
const PROGRAMS = ['cli/main', 'launch/common/supervisor/main', 'verbs/vms/replan-main']

/** For libraries that are CommonJS and require modules of Node. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/**
 * Bundles the programs with their libraries into `dist`. Each verb becomes a file of its own, which is loaded when the
 * verb is run: a few files start several times faster than the hundreds of modules that they are made of.
 */
export async function buildInto(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS.map(path => `src/${path}.ts`),
    outdir: dist,
    outbase: 'src',
    chunkNames: 'modules/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'esnext', // as Node runs the sources
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(join(dist, 'LICENSES'), libraries(metafile).map(license).join('\n'))
}

/** The directories of the libraries that were bundled. */
function libraries({ inputs }: Metafile): string[] {
  const dirs = Object.keys(inputs).flatMap(
    path => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  )
  return [...new Set(dirs)].sort()
}

/** Name, version and licence of a library, which have to go with copies of it. */
function license(library: string): string {
  const dir = join(ROOT, library)
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const file = readdirSync(dir).find(name => /^licen[cs]e/i.test(name))
  const text = file === undefined ? '' : readFileSync(join(dir, file), 'utf8')
  return `${name} ${version}: ${license}\n\n${text.trim()}\n`
}

if (import.meta.main) await buildInto(join(ROOT, 'dist'))
