import type { ErrorCode } from '../../errors/codes/index.ts'
import { BeError } from '../../errors/errors.ts'
import type { Platform } from '../../host/platform.ts'
import { endingOf } from '../../host/run.ts'

/** Whether an error says that a data set, a snapshot or a pool does not exist, or no longer. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof BeError && error.code === 'BE_ZFS_UNKNOWN'

type Known = [message: RegExp, code: ErrorCode, hint: string]

/** Messages of zfs(8), mount(8) and umount(8) on both platforms, and the errors that they become. */
const KNOWN: Known[] = [
  [
    /does not exist|no such pool|could not find any snapshots/,
    'BE_ZFS_UNKNOWN',
    'zfs list shows what there is',
  ],
  [/already exists/, 'BE_EXISTS', 'choose another name'],
  [/\bbusy\.?$/, 'BE_BUSY', ''],
  [/ermission denied|must be superuser|not permitted|only root/, 'BE_STORE_PERMISSION', 'run as root'],
  [/out of space|No space left|quota exceeded/, 'BE_NO_SPACE', 'destroy what is not needed'],
  [/read-?only/, 'BE_STORE_READ_ONLY', 'was the pool imported read-only?'],
  [/irectory is not empty/, 'BE_MOUNT_POINT', 'move away what lies there: it would be hidden'],
  [/ZFS library|modules are not loaded|\/dev\/zfs/, 'BE_ZFS_DOWN', ''],
  [/suspended/, 'BE_POOL_SUSPENDED', 'zpool status says which disk is missing; then zpool clear'],
]

/** Hints that differ between platforms, by error code. */
const PLATFORM_HINTS: Record<Platform, Record<string, string>> = {
  freebsd: { BE_BUSY: 'fstat -f PATH shows who uses it', BE_ZFS_DOWN: 'run as root; kldload zfs' },
  linux: {
    BE_BUSY: 'fuser -vm PATH shows who uses it',
    BE_ZFS_DOWN: 'run as root; modprobe zfs, or start zfs-fuse',
  },
}

/** The error of a failed command as one that a person can act on; unchanged when its message is not known. */
export function zfsError(error: unknown, argv: string[], platform: Platform): unknown {
  const lines = endingOf(error)?.stderr.split('\n') ?? []
  for (const line of lines) {
    // Without names in quotes, which may contain any of these words.
    const words = line.replace(/'[^']*'/g, "''").trim()
    const known = KNOWN.find(([message]) => message.test(words))
    if (known === undefined) continue
    const [, code, hint] = known
    const said = line.trim().replace(/\.$/, '')
    const isComplete = said.startsWith('cannot ') || said.startsWith(`${argv[0]}: `)
    const message = isComplete ? said : `${argv.slice(0, 2).join(' ')}: ${said}`
    return new BeError(code, message, { hint: PLATFORM_HINTS[platform][code] ?? hint, cause: error })
  }
  return error
}
