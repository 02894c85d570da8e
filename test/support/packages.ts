import { run } from '../../src/host/run.ts'

/** Installs the Debian packages that are missing, as root; otherwise throws with the command that installs them. */
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
