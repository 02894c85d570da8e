import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { endsWithin, isAlive, runningPid, startDaemon, stopDaemon } from '../../src/host/daemon.ts'
import { killGroup } from '../../src/host/run.ts'
import { nodeClock } from '../../src/net/node.ts'
import { beError } from '../support/errors.ts'
import { withTemporaryDirectory } from '../support/temporary.ts'

const inDir = (work: (files: { logFile: string; pidFile: string }) => Promise<void>): Promise<void> =>
  withTemporaryDirectory(dir => work({ logFile: join(dir, 'log'), pidFile: join(dir, 'pid') }))

describe('host/daemon', () => {
  it('is found by its pid file, and has ended after stopDaemon', () =>
    inDir(async files => {
      const { pid } = await startDaemon(['sleep', '600'], files)
      assert.equal(await runningPid(files.pidFile, 'sleep'), pid)
      await stopDaemon(pid, files.pidFile, nodeClock)
      assert.ok(!isAlive(pid))
      assert.equal(await runningPid(files.pidFile, 'sleep'), undefined)
    }))

  it('one that ignores SIGTERM is killed', () =>
    inDir(async files => {
      const daemon = await startDaemon(
        ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'],
        files,
      )
      while (!(await readFile(files.logFile, 'utf8')).includes('ready')) await new Promise(setImmediate)
      await stopDaemon(daemon.pid, files.pidFile, nodeClock, 100)
      assert.ok(!isAlive(daemon.pid), 'its ports are free')
    }))

  it('does not take another program with that pid for the daemon', () =>
    inDir(async files => {
      await writeFile(files.pidFile, `${process.pid}\n`)
      assert.equal(await runningPid(files.pidFile, 'ganesha.nfsd'), undefined)
      await writeFile(files.pidFile, 'rubbish')
      assert.equal(await runningPid(files.pidFile, 'ganesha.nfsd'), undefined)
    }))

  it('nor another process of the same program that has the pid since a reboot', () =>
    inDir(async files => {
      const argv = ['sh', '-c', 'sleep 600; :', '-name', 'm1', '/var/vm/m2/xl.cfg']
      const { pid, ended } = await startDaemon(argv, files)
      for (const word of ['m1', 'm2']) assert.equal(await runningPid(files.pidFile, 'sh', word), pid)
      for (const word of ['m', 'm10', 'm2.cfg']) {
        assert.equal(await runningPid(files.pidFile, 'sh', word), undefined)
      }
      killGroup(pid)
      await ended
    }))

  it('a daemon whose pid file cannot be written is killed', () =>
    inDir(async files => {
      const argv = ['sh', '-c', 'echo $$; exec sleep 600']
      const pidFile = join(files.pidFile, 'no', 'such', 'directory')
      await assert.rejects(startDaemon(argv, { ...files, pidFile }), beError('BE_FILE_NO_DIRECTORY'))
      const pid = Number(await readFile(files.logFile, 'utf8'))
      if (pid > 0) assert.ok(await endsWithin(pid, nodeClock, 60_000))
      const logFile = join(files.logFile, 'below-a-file')
      await assert.rejects(startDaemon(argv, { ...files, logFile }), beError('BE_FILE_WRITE'))
    }))

  it('a start that fails yields its exit status, and its output is in the log', () =>
    inDir(async files => {
      const daemon = await startDaemon(['sh', '-c', 'echo no config >&2; exit 4'], files)
      assert.equal(await daemon.ended, 4)
      assert.equal(await readFile(files.logFile, 'utf8'), 'no config\n')
      const missing = startDaemon(['no-such-daemon'], files, 'freebsd')
      await assert.rejects(missing, beError('BE_PROGRAM_MISSING', /pkg install no-such-daemon/))
    }))
})
