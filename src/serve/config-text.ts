import { checkRouter, labPool, labSubnet } from '../config/lab-network.ts'
import { otherSubnets } from '../config/other-subnets.ts'
import { KEYS, type KeyName } from '../config/schema.ts'
import { nfsServerOf } from '../lab/nfs-host.ts'
import type { Effective } from '../lab/settings.ts'

/**
 * The effective configuration as a be.toml, each value with its source; checked as by `be serve`. Throws what labSubnet,
 * labPool, checkRouter, otherSubnets and nfsServerOf throw.
 */
export function effectiveText(effective: Effective): string {
  const lab = labSubnet(effective)
  labPool(effective, lab)
  checkRouter(effective, lab)
  otherSubnets(effective, lab)
  nfsServerOf(effective.settings)
  const shown = { ...effective.settings, 'lab.address': `${lab.address}/${lab.prefix}` }
  const lines: string[] = []
  let group = ''
  for (const name of Object.keys(KEYS) as KeyName[]) {
    const [table, key] = name.split('.') as [string, string]
    if (table !== group) lines.push(...(group === '' ? [] : ['']), `[${table}]`)
    group = table
    const value = shown[name]
    const source = effective.sources[name]
    lines.push(
      value === undefined
        ? `# ${key} is not set`
        : `${`${key} = ${JSON.stringify(value)}`.padEnd(46)} # ${source}`,
    )
  }
  return `${lines.join('\n')}\n`
}
