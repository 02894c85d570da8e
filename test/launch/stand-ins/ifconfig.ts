import { Refused, type Shared, type World } from './world.ts'

/** ifconfig(8) of FreeBSD, for bridge(4) and tap(4) only. */
export function ifconfig(shared: Shared, argv: string[]): number {
  if (argv[0] === '-a') {
    process.stdout.write(Object.entries(shared.read().interfaces).map(shown).join(''))
    return 0
  }
  const [name, verb, value, ...more] = argv as [string, string, string | undefined, ...string[]]
  if (more.length > 0) throw new Refused(`${more[0]}: bad value`)
  shared.change(world => act(world, name, verb, value))
  return 0
}

function act({ interfaces }: World, name: string, verb: string, value: string | undefined): void {
  const one = interfaces[name]
  if (verb === 'create') {
    if (!/^(tap|bridge)\d{1,5}$/.test(name) || Number(name.replace(/\D/g, '')) > 0x7fff) {
      throw new Refused('SIOCIFCREATE2: Invalid argument')
    }
    if (one !== undefined) throw new Refused('SIOCIFCREATE2: File exists')
    interfaces[name] = name.startsWith('bridge') ? { members: [] } : {}
    return
  }
  if (one === undefined) throw new Refused(`interface ${name} does not exist`)
  if (verb === 'up' && value === undefined) one.up = true
  else if (verb === 'description' && value !== undefined) one.description = value
  else if (verb === 'destroy' && value === undefined) destroy(interfaces, name)
  else if (verb === 'addm' && value !== undefined) addMember(interfaces, name, value)
  else throw new Refused(`${verb}: bad value`)
}

function destroy(interfaces: World['interfaces'], name: string): void {
  delete interfaces[name]
  for (const one of Object.values(interfaces)) one.members = one.members?.filter(member => member !== name)
}

function addMember(interfaces: World['interfaces'], bridge: string, member: string): void {
  const { members } = interfaces[bridge]!
  if (members === undefined) throw new Refused(`unable to get bridge flags: ${bridge}`)
  if (interfaces[member] === undefined) throw new Refused(`BRDGADD ${member}: No such file or directory`)
  if (Object.values(interfaces).some(one => one.members?.includes(member))) {
    throw new Refused(`BRDGADD ${member}: Device busy`)
  }
  members.push(member)
}

function shown([name, { up, description, members }]: [string, World['interfaces'][string]]): string {
  const lines = [
    `${name}: flags=${up ? '8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST>' : '8802<BROADCAST,SIMPLEX,MULTICAST>'} metric 0 mtu 1500`,
    ...(description === undefined ? [] : [`\tdescription: ${description}`]),
    ...(members === undefined ? [] : ['\tid 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15']),
    ...(members ?? []).map(member => `\tmember: ${member} flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>`),
    `\tgroups: ${members === undefined ? (name.startsWith('tap') ? 'tap' : 'ether') : 'bridge'}`,
  ]
  return `${lines.join('\n')}\n`
}
