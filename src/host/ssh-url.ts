/** The host of an `ssh://[user@]host[:port]` URL (setting `nfs.host`). */
export interface SshTarget {
  user?: string
  /** A destination of ssh(1): a name, an address, or a Host of ssh_config(5). */
  host: string
  port?: number
}

/** The parts of `ssh://root@nas:2222`; undefined when the text is no such URL. */
export function parseSshUrl(text: string): SshTarget | undefined {
  const parts = /^ssh:\/\/(?:([A-Za-z0-9_][\w.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*)(?::(\d{1,5}))?\/?$/.exec(
    text,
  )
  if (parts === null) return undefined
  const [, user, host, port] = parts
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535)) return undefined
  return { host: host!, ...(user && { user }), ...(port && { port: Number(port) }) }
}
