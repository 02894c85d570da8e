import assert from 'node:assert/strict'
import { figure, median, percentile, table } from '../../bench/row.ts'

describe('bench/row', () => {
  it('takes medians of few and of many turns', () => {
    assert.equal(median([3]), 3)
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 3, 2]), 2.5)
  })

  it('p99 of 300 machines is the fourth slowest: three may be unlucky', () => {
    const seconds = Array.from({ length: 300 }, (_, i) => i + 1)
    assert.equal(percentile(seconds, 0.99), 297)
    assert.equal(percentile([7], 0.99), 7)
  })

  it('prints a row that can go into the README as it is', () => {
    const row = {
      id: 'x',
      what: 'HTTP',
      unit: 'MB/s',
      ours: 1234.5,
      peers: { nginx: 0.23456 },
      goal: '≥',
      met: true,
    }
    assert.match(table([row]), /^\| HTTP +\| MB\/s \| 1235 +\| nginx 0\.235 +\| ≥ +\| yes +\|$/m)
    assert.equal(figure(Number.NaN), '-')
  })
})
