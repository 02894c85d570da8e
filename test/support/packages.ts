import { run } from '../../src/host/run.ts'

/**
 * Makes sure that these Debian packages are installed: installs them when we are root, else fails with the
 * one command that does.
 */
export async function ensurePackages(packages: string[]): Promise<void> {
  const installed = await Promise.all(packages.map(isInstalled))
  const missing = packages.filter((_, i) => !installed[i])
  if (missing.length === 0) return
  const command = `apt-get update && apt-get install --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) throw new Error(`these tests need Debian packages; as root: ${command}`)
  const apt = (...args: string[]): Promise<unknown> =>
    run(['apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      timeoutMs: 900_000,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  await apt('update')
  await apt('install', '--no-install-recommends', ...missing)
}

/** dpkg -s, last lines: `Status: install ok installed`. */
const isInstalled = (name: string): Promise<boolean> =>
  run(['dpkg', '-s', name], { timeoutMs: 60_000 }).then(
    r => r.stdout.includes('\nStatus: install ok installed\n'),
    () => false,
  )
