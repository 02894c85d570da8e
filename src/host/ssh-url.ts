/** Another computer, as `nfs.host` names it: `ssh://[user@]host[:port]`. */
export interface SshTarget {
  user?: string
  /** As ssh(1) takes it: a name, an address, a Host of ssh_config(5). */
  host: string
  port?: number
}

/** The parts of `ssh://root@nas:2222`; undefined when it is none. */
export function parseSshUrl(text: string): SshTarget | undefined {
  const parts = /^ssh:\/\/(?:([A-Za-z0-9_][\w.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*)(?::(\d{1,5}))?\/?$/.exec(
    text,
  )
  if (parts === null) return undefined
  const [, user, host, port] = parts
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535)) return undefined
  return { host: host!, ...(user && { user }), ...(port && { port: Number(port) }) }
}
