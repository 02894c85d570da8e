/** The npm package `dhcp` as a client with the MAC in argv[2]; prints what it was bound to. */
import { createRequire } from 'node:module'

interface Client {
  listen(): void
  close(): void
  sendDiscover(): void
  on(event: 'listening', run: () => void): void
  on(event: 'bound', run: (state: Record<string, unknown>) => void): void
}

const { createClient } = createRequire(import.meta.url)('dhcp') as { createClient(options: object): Client }
const client = createClient({ mac: process.argv[2] })
client.on('listening', () => setImmediate(() => client.sendDiscover()))
client.on('bound', state => {
  console.log(JSON.stringify(state))
  client.close()
})
client.listen()
