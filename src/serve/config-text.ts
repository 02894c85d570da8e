import { labSubnet } from '../config/lab-network.ts'
import { KEYS, type KeyName } from '../config/schema.ts'
import type { Effective } from '../lab/settings.ts'

/** The effective configuration as a be.toml, each value with its source. Throws what labSubnet throws. */
export function effectiveText(effective: Effective): string {
  const lab = labSubnet(effective)
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
