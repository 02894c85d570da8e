import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The files that come with the program: the checkout, or the installed package. Looked for from here upwards, since a
 * built file is in another place than its sources.
 */
const root = (dir = import.meta.dirname): string =>
  existsSync(join(dir, 'package.json')) ? dir : root(dirname(dir))

/** A file of the package, `pxe` or `guest/nbe-up`. */
export const packageFile = (path: string): string => join(root(), path)

/** One of our programs that runs as a process of its own: `launch/common/supervisor/main`. */
export const packageProgram = (path: string): string =>
  import.meta.filename.endsWith('.ts') ? packageFile(`src/${path}.ts`) : packageFile(`dist/${path}.js`)
