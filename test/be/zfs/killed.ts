/**
 * Run by a test: a process that kills itself in the middle of a change. Arguments: parent data set, root, verb, number of
 * commands that change something after which it is killed, and the words put before each command. Exits 0 at the end.
 */

import { ZfsStore } from '../../../src/be/zfs/store.ts'
import { type Run, run } from '../../../src/host/run.ts'
import { hostBy } from '../../support/zfs.ts'

const [parent, root, verb, count, ...enter] = process.argv.slice(2) as [string, string, string, string]
const READ_ONLY = /^(cat|z(fs|pool) (list|get)) /
let left = Number(count)
const runOrDie: Run = async (argv, options) => {
  if (!READ_ONLY.test(argv.join(' ')) && left-- === 0) process.kill(process.pid, 'SIGKILL')
  return run([...enter, ...argv], options)
}
const store = new ZfsStore({ parent, root, host: hostBy(runOrDie) })
if (verb === 'create') await store.create('new', 'linux')
else if (verb === 'clone') await store.clone('old', 'new', { deep: true, adapt: async () => {} })
else if (verb === 'destroy') await store.destroy('old')
else await store.rename('old', 'new')
