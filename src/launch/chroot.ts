import type { Launch } from './common/launch.ts'
import { linuxChroot, tryChroot } from './common/linux-root.ts'
import { devfsStep, SHELL, type TreeHost } from './jail.ts'

/** A command in the BE's tree by chroot(8), with devices: of the same system otherwise, hidden from nothing. */
export function chrootLaunch({ platform, hasDev }: TreeHost): Launch {
  return {
    name: 'chroot',
    plan({ be: { name, path }, command = SHELL }) {
      const onLinux = platform === 'linux'
      const argv = onLinux ? linuxChroot(path, command) : ['chroot', path, ...command]
      return {
        launch: 'chroot',
        be: name,
        before: onLinux ? [tryChroot] : hasDev ? [devfsStep(path)] : [],
        main: { what: `run ${command[0]} in ${path}`, argv },
      }
    },
  }
}
