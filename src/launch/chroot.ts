import type { Launch } from './common/launch.ts'
import { linuxChroot, tryChroot } from './common/tree/namespaces.ts'
import { devfsStep, SHELL, type TreeInput } from './common/tree/tree.ts'

/** A command in the BE's tree by chroot(8), with all devices. On Linux in a mount namespace. */
export const chroot: Launch<TreeInput> = {
  plan({ be: { name, path }, host: { platform, hasDev }, command = SHELL }) {
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
