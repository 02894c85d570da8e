import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { BeError } from '../../src/errors/errors.ts'
import { change, removeStep, type Step, writeStep } from '../../src/host/change.ts'
import { beError } from '../support/errors.ts'
import { withTemporaryDirectory } from '../support/temporary.ts'

/** A step that records in `notes` that it was applied or undone. */
const noted = (notes: string[], name: string): Step => ({
  what: name,
  apply: async () => void notes.push(`+${name}`),
  undo: async () => void notes.push(`-${name}`),
})

const failing: Step = {
  what: 'fail',
  apply: () => Promise.reject(new BeError('BE_MOUNTD_DOWN', 'mountd said no', { hint: 'ask it' })),
}

describe('host/change', () => {
  it('undoes what was applied, last first, and throws the error that stopped it', async () => {
    const notes: string[] = []
    const steps = [noted(notes, 'a'), noted(notes, 'b'), failing, noted(notes, 'c')]
    await assert.rejects(change(steps), beError('BE_MOUNTD_DOWN', /mountd said no; ask it/))
    assert.deepEqual(notes, ['+a', '+b', '-b', '-a'])
  })

  it('an undo that fails is reported too, and does not stop the others', async () => {
    const notes: string[] = []
    const stuck: Step = {
      what: 'b',
      apply: async () => {},
      undo: () => Promise.reject(new Error('disk full')),
    }
    await assert.rejects(
      change([noted(notes, 'a'), stuck, failing]),
      beError('BE_MOUNTD_DOWN', /mountd said no; "b" could not be undone: disk full/),
    )
    assert.deepEqual(notes, ['+a', '-a'])
  })

  it('a dry run says everything and does nothing', () =>
    withTemporaryDirectory(async dir => {
      const path = join(dir, 'exports')
      const said: string[] = []
      const step = (await writeStep(path, '/ROOT/head\n'))!
      const back: Step = { what: 'reload on the way back', undo: async () => {} }
      await change([back, step], { dryRun: true, say: line => said.push(line) })
      assert.deepEqual(said, [`write ${path}`, `--- /dev/null\n+++ ${path}\n@@ line 1 @@\n+/ROOT/head`])
      assert.deepEqual(await readdir(dir), [])
    }))

  it('restores files to what they were: changed, created and removed', () =>
    withTemporaryDirectory(async dir => {
      const path = (name: string): string => join(dir, name)
      await writeFile(path('changed'), 'old')
      await writeFile(path('removed'), 'precious')
      const steps = [
        await writeStep(path('changed'), 'new'),
        await writeStep(path('created'), 'new'),
        await removeStep(path('removed')),
        failing,
      ]
      await assert.rejects(change(steps as Step[]), beError('BE_MOUNTD_DOWN'))
      assert.deepEqual((await readdir(dir)).sort(), ['changed', 'removed'])
      assert.equal(await readFile(path('changed'), 'utf8'), 'old')
      assert.equal(await readFile(path('removed'), 'utf8'), 'precious')
    }))

  it('has nothing to do when the file is as wanted', () =>
    withTemporaryDirectory(async dir => {
      await writeFile(join(dir, 'f'), 'same')
      assert.equal(await writeStep(join(dir, 'f'), 'same'), undefined)
      assert.equal(await removeStep(join(dir, 'g')), undefined)
    }))
})
