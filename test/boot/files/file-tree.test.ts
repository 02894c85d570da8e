import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileTree, type FileTreeOptions } from '../../../src/boot/files/file-tree.ts'
import { beError } from '../../support/errors.ts'

const CLIENT = { address: '10.0.0.9' }

describe('boot/files/file-tree', () => {
  let top: string
  let be: string

  const put = (path: string, text: string) => {
    mkdirSync(join(top, path, '..'), { recursive: true })
    writeFileSync(join(top, path), text)
  }
  const tree = (more: Partial<FileTreeOptions> = {}) =>
    new FileTree({
      pxe: [join(top, 'admin'), join(top, 'own'), join(top, 'absent')],
      bePath: async name => (name === 'test' ? be : undefined),
      machineBe: async mac => (mac === '52:54:00:00:00:0a' ? 'test' : undefined),
      ...more,
    })
  const text = async (path: string, from = tree()) => {
    const file = await from.open(path, CLIENT)
    if (file === undefined) return undefined
    try {
      return (await file.read(0, file.size + 1)).toString()
    } finally {
      await file.close()
    }
  }

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'nbe-tree-'))
    be = join(top, 'ROOT/test')
    put('ROOT/test/boot/loader.efi', 'loader of the BE')
    put('ROOT/other/secret', 'of another BE')
    put('admin/both', "the admin's")
    put('own/both', 'our own')
    put('own/only', 'only ours')
    put('outside', 'nobody may have this')
  })
  afterEach(() => rmSync(top, { recursive: true }))

  it('has the files of a Raspberry Pi in its boot environment, below its serial number and without', async () => {
    put('ROOT/test/boot/firmware/config.txt', 'of the BE')
    put('ROOT/test/boot/msdos/start4.elf', "FreeBSD's")
    put('ROOT/test/etc/secret', 'private')
    put('admin/fixup4.dat', 'for all')
    put('admin/9ffefdef/bootcode.bin', 'for one')
    const pi = { mac: '52:54:00:00:00:0a', board: 'raspberry-pi' } as const
    const from = tree({
      clientAt: () => pi,
      virtual: async (mac, path) => (path === '/cmdline.txt' ? Buffer.from(`root for ${mac}`) : undefined),
    })
    for (const prefix of ['', '9ffefdef/']) {
      assert.equal(await text(`${prefix}config.txt`, from), 'of the BE')
      assert.equal(await text(`${prefix}start4.elf`, from), "FreeBSD's")
      assert.equal(await text(`${prefix}fixup4.dat`, from), 'for all')
      assert.equal(await text(`${prefix}cmdline.txt`, from), `root for ${pi.mac}`)
      assert.equal(await text(`${prefix}etc/secret`, from), undefined)
      assert.equal(await text(`${prefix}../etc/secret`, from), undefined)
    }
    assert.equal(await text('9ffefdef/bootcode.bin', from), 'for one')
    assert.equal(
      await text('config.txt', tree({ clientAt: () => ({ mac: pi.mac }) })),
      undefined,
      'another machine',
    )
  })

  it("has a machine's grub.cfg wherever GRUB looks for it, unless the admin has one there", async () => {
    put('admin/own/grub.cfg', "the admin's")
    const from = tree({
      virtual: async (mac, path, { address }) => Buffer.from(`${mac} ${path} ${address}`),
      clientAt: address => (address === CLIENT.address ? { mac: '52:54:00:00:00:0b' } : undefined),
    })
    const named = '52:54:00:00:00:0a /grub.cfg 10.0.0.9'
    assert.equal(await text('/m/52-54-00-00-00-0a/grub.cfg', from), named)
    assert.equal(await text('/grub/grub.cfg-01-52-54-00-00-00-0a', from), named)
    assert.equal(await text('EFI/debian/grub.cfg', from), '52:54:00:00:00:0b /grub.cfg 10.0.0.9')
    assert.equal(await text('/own/grub.cfg', from), "the admin's")
    for (const path of ['/grub/grub.cfg-0A000009', '/grub/grub.cfg-01-x', '/grub/grub.cfgx', '/grubx.cfg']) {
      assert.equal(await text(path, from), undefined, path)
    }
    const file = await from.open('/grub/grub.cfg', { address: '10.0.0.8' })
    assert.equal(file, undefined, 'a stranger')
    assert.equal(await text('/grub/grub.cfg', tree()), undefined)
  })

  it('finds a loader in its BE: each release boots with its own', async () => {
    assert.equal(await text('/be/test/boot/loader.efi'), 'loader of the BE')
    assert.equal(await text('be/test//boot\\loader.efi'), 'loader of the BE')
    assert.equal(await text('/be/nosuch/boot/loader.efi'), undefined)
    assert.equal(await text('/be/test/boot/none'), undefined)
    assert.equal(await text('/be/test/boot/loader.efi/below'), undefined)
  })

  it('lists a directory of a BE, for a loader that boots over HTTP, and nothing else', async () => {
    put('ROOT/test/boot/kernel/kernel', 'x')
    put('ROOT/test/usr/share/x', 'x')
    symlinkSync('/usr/share', join(be, 'boot/share'))
    symlinkSync('/nowhere', join(be, 'boot/dangling'))
    symlinkSync(join(top, 'ROOT/other'), join(be, 'out'))
    const names = async (path: string) =>
      (await tree().list(path))?.map(({ name, directory }) => (directory ? `${name}/` : name))
    const boot = ['dangling', 'kernel/', 'loader.efi', 'share/']
    assert.deepEqual(await names('/be/test//boot/'), boot)
    assert.deepEqual(await names('/m/52-54-00-00-00-0a/boot/'), boot)
    assert.deepEqual(await names('/be/test/boot/share/'), ['x'])
    assert.deepEqual(await names('/be/test/'), ['boot/', 'out', 'usr/'])
    for (const path of [
      '/',
      '/be/',
      '/be/nosuch/',
      '/be/test/boot/loader.efi/',
      '/be/test/../',
      '/be/test/out/',
    ])
      assert.equal(await names(path), undefined, path)
  })

  it('gives nobody what only root of that system may read, but for what it boots with', async () => {
    const private_ = beError('BE_FILE_PRIVATE')
    put('ROOT/test/etc/master.passwd', 'root:$6$')
    put('ROOT/test/root/.ssh/known_hosts', 'open, in a directory that is not')
    put('ROOT/test/etc/fstab', 'for all')
    put('ROOT/test/boot/loader.conf', 'for root, and its loader')
    for (const path of ['etc/master.passwd', 'boot/loader.conf']) chmodSync(join(be, path), 0o600)
    chmodSync(join(be, 'root'), 0o750)
    symlinkSync('master.passwd', join(be, 'etc/spwd'))
    for (const room of ['/be/test', '/m/52-54-00-00-00-0a']) {
      for (const path of ['etc/master.passwd', 'etc/spwd', 'root/.ssh/known_hosts']) {
        await assert.rejects(text(`${room}/${path}`), private_, path)
      }
      assert.equal(await text(`${room}/etc/fstab`), 'for all')
      assert.equal(await text(`${room}/boot/loader.conf`), 'for root, and its loader')
      assert.equal(await text(`${room}/root/.ssh/absent`), undefined, 'as what is missing elsewhere')
      assert.equal(await tree().list(`${room}/root/`), undefined)
    }
  })

  it('gives nobody seeds and keys, whatever their modes and wherever they are', async () => {
    const secrets = [
      'boot/entropy',
      'boot/geli/ada0.key',
      'boot/firmware/secrets/random-seed',
      'boot/loader/random-seed',
      'conf/base/etc/ssh/ssh_host_rsa_key',
      'entropy',
      'etc/ssh/ssh_host_ed25519_key',
      'etc/nbe/secret.key',
      'var/db/entropy/saved-entropy.1',
      'var/lib/systemd/random-seed',
    ]
    for (const path of secrets) put(`ROOT/test/${path}`, 'secret')
    const open = ['etc/ssh/ssh_host_ed25519_key.pub', 'boot/entropy.4th', 'boot/keymap']
    for (const path of open) put(`ROOT/test/${path}`, 'open')
    symlinkSync('entropy', join(be, 'boot/alias'))
    assert.equal(await text('/be/test//boot/entropy'), undefined, 'no failure: each loader asks for it')
    for (const path of [...secrets.slice(1), 'boot/alias']) {
      await assert.rejects(text(`/be/test/${path}`), beError('BE_FILE_PRIVATE'), path)
    }
    for (const path of open) assert.equal(await text(`/be/test/${path}`), 'open', path)
    assert.equal(await tree().list('/be/test/var/db/entropy/'), undefined)
  })

  it('judges a link by where it leads, and not by its own place', async () => {
    const private_ = beError('BE_FILE_PRIVATE')
    put('ROOT/test/etc/master.passwd', 'root:$6$')
    put('ROOT/test/root/.ssh/id', 'of root')
    put('ROOT/test/boot/kernel.14/kernel', 'a kernel')
    put('ROOT/test/boot/loader.conf', 'for root, and its loader')
    for (const path of ['etc/master.passwd', 'boot/loader.conf', 'boot/kernel.14/kernel']) {
      chmodSync(join(be, path), 0o600)
    }
    chmodSync(join(be, 'root'), 0o700)
    symlinkSync('/etc/master.passwd', join(be, 'boot/mp'))
    symlinkSync('../etc', join(be, 'boot/etc'))
    symlinkSync('/root', join(be, 'boot/root'))
    symlinkSync('kernel.14', join(be, 'boot/kernel'))
    symlinkSync('boot/loader.conf', join(be, 'loader.conf'))
    for (const room of ['/be/test', '/m/52-54-00-00-00-0a']) {
      for (const path of [
        'boot/mp',
        'boot/etc/master.passwd',
        'boot/root/.ssh/id',
        'boot/../etc/master.passwd',
      ]) {
        await assert.rejects(text(`${room}/${path}`), private_, path)
      }
      assert.equal(await text(`${room}/boot/kernel/kernel`), 'a kernel')
      assert.equal(await text(`${room}/loader.conf`), 'for root, and its loader')
      assert.equal(await tree().list(`${room}/boot/root/`), undefined)
      assert.deepEqual(await tree().list(`${room}/boot/kernel/`), [{ name: 'kernel', directory: false }])
    }
  })

  it("prefers the admin's file to the package's", async () => {
    assert.equal(await text('/both'), "the admin's")
    assert.equal(await text('only'), 'only ours')
    assert.equal(await text('/neither'), undefined)
  })

  it('shows a machine its BE with virtual files laid over it', async () => {
    const asked: string[] = []
    const virtual: FileTreeOptions['virtual'] = async (mac, path) => {
      asked.push(`${mac} ${path}`)
      return path === '/boot/loader.conf.local' ? Buffer.from('boot.nfsroot.server="S"') : undefined
    }
    const own = tree({ virtual })
    assert.equal(await text('/m/52-54-00-00-00-0A//boot/loader.conf.local', own), 'boot.nfsroot.server="S"')
    assert.equal(await text('/m/52-54-00-00-00-0a/boot/loader.efi', own), 'loader of the BE')
    assert.deepEqual(asked, [
      '52:54:00:00:00:0a /boot/loader.conf.local',
      '52:54:00:00:00:0a /boot/loader.efi',
    ])
    assert.equal(await text('/m/52-54-00-00-00-0b/boot/loader.efi', own), undefined)
    assert.equal(await text('/m/anything/boot/loader.efi', own), undefined)
  })

  it('asks the providers first, with the client, and changes the version with the bytes', async () => {
    let script = 'one'
    const own = tree({
      providers: [
        async () => undefined,
        async (path, client) =>
          path === '/boot.ipxe' ? Buffer.from(`${script} ${client.address}`) : undefined,
      ],
    })
    assert.equal(await text('/boot.ipxe', own), 'one 10.0.0.9')
    const version = async () => (await own.open('/boot.ipxe', CLIENT))!.version
    const before = await version()
    assert.equal(await version(), before)
    script = 'two'
    assert.notEqual(await version(), before)
  })

  it('resolves links inside a BE as the booted system would', async () => {
    symlinkSync('/boot/loader.efi', join(be, 'boot/absolute'))
    symlinkSync('boot/../boot/loader.efi', join(be, 'relative'))
    symlinkSync('/boot', join(be, 'directory'))
    symlinkSync('../../../../boot/loader.efi', join(be, 'stops-at-root'))
    for (const path of ['boot/absolute', 'relative', 'directory/loader.efi', 'stops-at-root']) {
      assert.equal(await text(`/be/test/${path}`), 'loader of the BE', path)
    }
  })

  it('never follows a link out of a root', async () => {
    symlinkSync(join(top, 'outside'), join(be, 'a'))
    symlinkSync('../../outside', join(be, 'b'))
    symlinkSync('../other', join(be, 'c'))
    symlinkSync('/etc', join(top, 'admin/etc'))
    symlinkSync('../outside', join(top, 'admin/out'))
    for (const path of [
      '/be/test/a',
      '/be/test/b',
      '/be/test/c/secret',
      '/etc/passwd',
      '/out',
      '/../outside',
    ]) {
      assert.equal(await text(path), undefined, path)
    }
  })

  it('works when the root itself is reached through a link, as /ROOT may be', async () => {
    symlinkSync(be, join(top, 'alias'))
    assert.equal(
      await text('/be/test/boot/loader.efi', tree({ bePath: async () => join(top, 'alias') })),
      'loader of the BE',
    )
  })

  it('gives up on a loop of links', async () => {
    symlinkSync('ring2', join(be, 'ring1'))
    symlinkSync('ring1', join(be, 'ring2'))
    assert.equal(await text('/be/test/ring1'), undefined)
  })

  it('takes directories, FIFOs and devices for missing, without opening them', async () => {
    execFileSync('mkfifo', [join(be, 'fifo')])
    execFileSync('mknod', [join(be, 'zero'), 'c', '1', '5'])
    for (const path of ['boot', 'boot/', 'fifo', 'zero'])
      assert.equal(await text(`/be/test/${path}`), undefined, path)
  })

  it('goes on with the old bytes when a file is replaced while it is sent', async () => {
    const file = (await tree().open('/be/test/boot/loader.efi', CLIENT))!
    writeFileSync(join(be, 'new'), 'a loader from the next release')
    renameSync(join(be, 'new'), join(be, 'boot/loader.efi'))
    assert.equal((await file.read(0, 100)).toString(), 'loader of the BE')
    await file.close()
    assert.equal(await text('/be/test/boot/loader.efi'), 'a loader from the next release')
  })

  it('changes the version even when size and mtime are kept, as installers do', async () => {
    const path = join(be, 'boot/loader.efi')
    const { atime, mtime } = statSync(path)
    const version = async () => {
      const file = (await tree().open('/be/test/boot/loader.efi', CLIENT))!
      await file.close()
      return file.version
    }
    const before = await version()
    assert.equal(await version(), before)
    writeFileSync(join(be, 'new'), 'LOADER OF THE BE')
    utimesSync(join(be, 'new'), atime, mtime)
    renameSync(join(be, 'new'), path)
    assert.notEqual(await version(), before)
  })

  it('reads at any offset, short only at the end', async () => {
    const file = (await tree().open('/both', CLIENT))!
    assert.equal(file.size, 11)
    assert.equal((await file.read(4, 5)).toString(), 'admin')
    assert.equal((await file.read(9, 50)).toString(), "'s".slice(0))
    assert.equal((await file.read(11, 5)).length, 0)
    await file.close()
  })

  it('is not led out by a link that is swapped in at full speed', async () => {
    // A machine that is root on its BE over NFS turns a directory into a link to the host's and back.
    const dir = join(be, 'race')
    mkdirSync(dir)
    writeFileSync(join(dir, 'f'), 'inside')
    mkdirSync(join(top, 'target'))
    writeFileSync(join(top, 'target/f'), 'nobody may have this')
    symlinkSync(join(top, 'target'), join(be, 'link'))
    const own = tree()
    let over = false
    const swapping = (async () => {
      while (!over) {
        renameSync(dir, `${dir}.away`)
        renameSync(join(be, 'link'), dir)
        await new Promise(setImmediate)
        renameSync(dir, join(be, 'link'))
        renameSync(`${dir}.away`, dir)
        await new Promise(setImmediate)
      }
    })()
    try {
      for (let i = 0; i < 500; i++) {
        const got = await text('/be/test/race/f', own)
        assert.ok(got === 'inside' || got === undefined, got)
      }
    } finally {
      over = true
      await swapping
    }
  })
})
