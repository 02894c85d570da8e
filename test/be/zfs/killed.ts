/**
 * A process for the tests that ends in the middle: argv is the pool's parent, its root, a verb, the number of
 * changes after which it is killed, and the words that a command is run with. Exits 0 if it came to the end.
 */

import { ZfsStore } from '../../../src/be/zfs/store.ts'
import { type Run, run } from '../../../src/host/run.ts'
import { hostBy } from '../../support/zfs.ts'

const [parent, root, verb, count, ...enter] = process.argv.slice(2) as [string, string, string, string]
const LOOKS = /^(cat|z(fs|pool) (list|get)) /
let left = Number(count)
const mortal: Run = async (argv, options) => {
  if (!LOOKS.test(argv.join(' ')) && left-- === 0) process.kill(process.pid, 'SIGKILL')
  return run([...enter, ...argv], options)
}
const store = new ZfsStore({ parent, root, host: hostBy(mortal) })
if (verb === 'create') await store.create('new', 'linux')
else if (verb === 'clone') await store.clone('old', 'new', { deep: true, adapt: async () => {} })
else if (verb === 'destroy') await store.destroy('old')
else await store.rename('old', 'new')
