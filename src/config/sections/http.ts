import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { port } from '../values.ts'

/** Settings of the table [http]. */
export const http = {
  'http.port': key('number', v.optional(port, 8080), 'TCP port for UEFI HTTP boot and iPXE.', '8080'),
} as const satisfies Section<'http'>
