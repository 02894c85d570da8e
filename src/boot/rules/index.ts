import { architecture } from './architecture.ts'
import { assignment } from './assignment.ts'
import { bootFile } from './boot-file.ts'
import { bootable } from './bootable.ts'
import { callBack } from './call-back.ts'
import { fits } from './fits.ts'
import { handoff } from './handoff.ts'
import { httpClient } from './http-client.ts'
import { ipxeNoProxy } from './ipxe-no-proxy.ts'
import { kernelRoot } from './kernel-root.ts'
import { loaderVariables } from './loader-variables.ts'
import { network } from './network.ts'
import { noBoot } from './no-boot.ts'
import { ownOptions } from './own-options.ts'
import { proxyOffer } from './proxy-offer.ts'
import { raspberryPi } from './raspberry-pi.ts'
import { rootPath } from './root-path.ts'
import type { Rule } from './rule.ts'
import { texts } from './texts.ts'

/** The network configuration of any client: these rules run for a client whose boot is refused, too. */
export const NETWORK_RULES: readonly Rule[] = [network, ownOptions]

/** All rules in the order in which they run: each may rely on what those before it decided. */
export const RULES: readonly Rule[] = [
  ...NETWORK_RULES,
  noBoot,
  assignment,
  architecture,
  bootable,
  kernelRoot,
  handoff,
  bootFile,
  raspberryPi,
  texts,
  httpClient,
  ipxeNoProxy,
  proxyOffer,
  rootPath,
  callBack,
  loaderVariables,
  fits,
]
