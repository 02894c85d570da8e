import { BeError } from '../../errors/errors.ts'

/**
 * nfs-ganesha's configuration (ganesha-config(8), ganesha-core-config(8)) for FreeBSD's loader and kernel: NFSv3
 * over UDP and TCP, without lock manager and quotas; MNT takes real paths; handles contain device numbers, because
 * blkid may find no UUID for a BE's file system. Listens on the lab address alone.
 */
export function ganeshaConf(address: string, fragments: string[]): string {
  const includes = fragments.map(path => `%include "${includable(path)}"\n`).join('')
  // ganesha resolves Bind_addr with AI_ADDRCONFIG, which fails for a loopback address.
  const bind = address.startsWith('127.') ? '' : `  Bind_addr = ${address};\n`
  return `# Written by be(8). Exports are in the files included below.
NFS_CORE_PARAM {
${bind}  Protocols = 3;
  Enable_UDP = true;
  Enable_NLM = false;
  Enable_RQUOTA = false;
  mount_path_pseudo = false;
  fsid_device = true;
  MNT_Port = 20048;
}
NFS_KRB5 {
  Active_krb5 = false;
}
EXPORT_DEFAULTS {
  Access_Type = None;
}
${includes}`
}

/** ganesha's lexer accepts no other characters in an include, quoted or not. Throws BE_GANESHA_PATH. */
function includable(path: string): string {
  if (/^[A-Za-z0-9_./-]+$/.test(path)) return path
  throw new BeError('BE_GANESHA_PATH', `nfs-ganesha cannot include ${JSON.stringify(path)}`, {
    expected: 'a path of letters, digits and . _ - /',
    hint: 'choose another directory for exports.d',
  })
}
