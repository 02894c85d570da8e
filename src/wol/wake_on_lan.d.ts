declare module 'wake_on_lan' {
  /** Six bytes of 0xff and sixteen times the MAC; throws on a malformed one. */
  export function createMagicPacket(mac: string): Buffer
}
