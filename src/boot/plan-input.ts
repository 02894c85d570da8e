import type { Arch, BootEnvironment } from '../be/be.ts'
import type { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { Client } from './client.ts'
import type { ConditionalOption } from './options/conditional-option.ts'
import type { Variable } from './variables/variable.ts'

/**
 * How the loader hands its root file system over to the kernel. `nfs`: the loader mounts by NFS over UDP and
 * passes its own file handle on. `tftp`: it reads by TFTP, the handle comes in DHCP options. `http`: it reads by
 * HTTP, the handle comes in a virtual loader.conf.local. `arguments`: iPXE passes everything on the command line
 * of loader.efi or of a Linux kernel.
 */
export type Handoff = 'nfs' | 'tftp' | 'http' | 'arguments'

/** The network configuration of the machines on one subnet; all addresses dotted. */
export interface LabFacts {
  /** This host's address, where TFTP and HTTP are served. */
  server: string
  netmask: string
  broadcast: string
  router?: string | undefined
  dns: readonly string[]
  domain?: string | undefined
  httpPort: number
}

/** Where a booted system reports that it is up, and the token of this one boot. */
export interface CallBack {
  url: string
  session: string
  /** The boot environment holds the script that reports. */
  script?: boolean
}

/** Everything that a plan depends on: a plan is a pure function of this. */
export interface PlanInput {
  client: Client
  mode: 'authority' | 'proxy'
  lab: LabFacts
  /** The machine's entry in the inventory; `host` is its host name where that is not `name`. */
  machine?: { name: string; host?: string | undefined } | undefined
  /** The assigned boot environment, as read from its tree. */
  be?: BootEnvironment | undefined
  /** What assigned it: one boot (bootpxe -t), the machine's entry, or the lab's default. */
  assignedBy?: 'once' | 'machine' | 'default' | undefined
  /** The root file system, as the NFS host answered just now. */
  root?: NfsRoot | undefined
  readOnly: boolean
  /** Why an assigned boot environment cannot be had: it is gone, not shared, or mountd is down. */
  problem?: BeError | undefined
  /** boot.handoff. */
  handoff: Handoff | 'auto'
  /** nfs.options. */
  nfsOptions: string
  /** boot.loader. */
  loaderVariables: readonly Variable[]
  /** boot.cmdline, and what the boot environment adds to it. */
  cmdline: string
  callback?: CallBack | undefined
  /** dhcp.options, in order. */
  conditionalOptions?: readonly ConditionalOption[] | undefined
  /** The shims of pxe.dir that have their GRUB beside them; file names as a client asks for them. */
  shim?: { amd64?: string; arm64?: string }
  /** iPXE binaries that can be served, by what runs them; file names likewise. */
  ipxe: { [machine in 'bios' | Arch]?: string | undefined }
}
