/** Patterns of log lines, in the order in which a boot passes them, and what the last one found means. */
const STAGES: [mark: RegExp, meaning: string][] = [
  [/ dhcp:discover /, 'it asked for an address and got no offer'],
  [/ dhcp:offer /, 'it was offered an address and did not take it'],
  [/ dhcp:ack /, 'it has an address and fetched no boot file'],
  [/ tftp:done | http:get /, 'it fetched a boot file, which did not ask for more'],
  [/ ipxe dhcp:ack /, 'iPXE runs and has an address, but fetched no script'],
  [/ http:get .*\/boot\.ipxe/, 'iPXE has its script, but fetched no kernel'],
  [/ http:get .*\/vmlinu/, 'it fetched a Linux kernel, but no initial RAM disk'],
  [/ http:get .*\/init/, 'it fetched its kernel and its initial RAM disk: the rest is up to them'],
  [/ loader dhcp:ack /, "FreeBSD's loader runs and has an address: the rest is on its console"],
  [/ boot:refused /, 'the appliance gave it nothing to boot: boot:refused says why'],
]

/** How far a boot came, from its log lines, for the message when it failed. */
export function stageReached(log: string): string {
  const reached = STAGES.findLast(([mark]) => mark.test(log))
  return reached?.[1] ?? 'its firmware never asked for an address'
}
