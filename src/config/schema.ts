import type * as v from 'valibot'
import type { Key } from './key.ts'
import { be } from './sections/be.ts'
import { boot } from './sections/boot.ts'
import { dhcp } from './sections/dhcp.ts'
import { exports } from './sections/exports.ts'
import { http } from './sections/http.ts'
import { install } from './sections/install.ts'
import { lab } from './sections/lab.ts'
import { log } from './sections/log.ts'
import { nfs } from './sections/nfs.ts'
import { pxe } from './sections/pxe.ts'
import { state } from './sections/state.ts'
import { tftp } from './sections/tftp.ts'
import { vm } from './sections/vm.ts'

/**
 * Every setting, once: this table drives be.toml, flags (`lab.pool` is `--lab-pool`), environment variables
 * (`NBE_LAB_POOL`), `be help settings`, be.toml.sample and be.toml(5), in this order.
 */
export const KEYS = {
  ...lab,
  ...dhcp,
  ...tftp,
  ...http,
  ...be,
  ...nfs,
  ...boot,
  ...install,
  ...vm,
  ...pxe,
  ...exports,
  ...state,
  ...log,
} as const satisfies Record<string, Key>

export type KeyName = keyof typeof KEYS

/** All names, in the order of the table. */
export const KEY_NAMES = Object.keys(KEYS) as KeyName[]

/** Settings by dotted name, defaults filled in. */
export type Settings = { [K in KeyName]: v.InferOutput<(typeof KEYS)[K]['schema']> }

/** `lab.pool` → `--lab-pool`. */
export const flagOf = (name: string): string => `--${name.replace('.', '-')}`

/** `lab.pool` → `NBE_LAB_POOL`. */
export const variableOf = (name: string): string => `NBE_${name.toUpperCase().replace('.', '_')}`
