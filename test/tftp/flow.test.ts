import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Flow } from '../../src/tftp/flow.ts'

/** Sends all blocks that are due at `now`; returns their numbers. */
function drain(flow: Flow, now: number): number[] {
  const sent: number[] = []
  for (let block = flow.due(); block !== undefined; block = flow.due()) {
    sent.push(block)
    flow.sent(now)
  }
  return sent
}

describe('tftp flow', () => {
  it('sends one block for each ACK when there is no window (RFC 1350)', () => {
    const flow = new Flow({ blocks: 3, window: 1, oack: false })
    assert.deepEqual(drain(flow, 0), [1])
    assert.equal(flow.ack(1, 1), 'progress')
    assert.deepEqual(drain(flow, 1), [2])
    assert.equal(flow.ack(2, 2), 'progress')
    assert.deepEqual(drain(flow, 2), [3])
    assert.equal(flow.ack(3, 3), 'done')
    assert.equal(flow.retransmits, 0)
  })

  it('holds the data back until the OACK is acknowledged (RFC 2347)', () => {
    const flow = new Flow({ blocks: 9, window: 4, oack: true })
    assert.deepEqual(drain(flow, 0), [0])
    assert.equal(flow.ack(1, 1), 'ignored')
    assert.equal(flow.ack(65535, 1), 'ignored')
    assert.equal(flow.confirmed, false)
    assert.equal(flow.ack(0, 1), 'progress')
    assert.equal(flow.confirmed, true)
    assert.deepEqual(drain(flow, 1), [1, 2, 3, 4])
  })

  it('goes on behind the block that is acknowledged inside a window (RFC 7440, section 4)', () => {
    const flow = new Flow({ blocks: 20, window: 4, oack: false })
    assert.deepEqual(drain(flow, 0), [1, 2, 3, 4])
    assert.equal(flow.ack(2, 1), 'resend')
    assert.deepEqual(drain(flow, 1), [3, 4, 5, 6])
  })

  it('resends a window whose first block was lost when the client repeats its ACK', () => {
    const flow = new Flow({ blocks: 20, window: 4, oack: false })
    drain(flow, 0)
    flow.ack(4, 10)
    drain(flow, 10)
    assert.equal(flow.ack(4, 11), 'ignored', 'a repeated ACK that comes too soon is a copy')
    assert.equal(flow.ack(4, 20), 'resend')
    assert.deepEqual(drain(flow, 20), [5, 6, 7, 8])
  })

  it("does not answer repeated ACKs with repeated data (the sorcerer's apprentice, RFC 1123)", () => {
    const flow = new Flow({ blocks: 50, window: 1, oack: false })
    drain(flow, 0)
    for (let block = 1; block < 50; block++) {
      assert.equal(flow.ack(block, block), 'progress')
      assert.equal(drain(flow, block).length, 1)
      for (let copy = 0; copy < 3; copy++) assert.equal(flow.ack(block, block), 'ignored')
    }
    assert.equal(flow.retransmits, 0)
  })

  it('after a resend, the repeated ACKs that it causes do not cause another', () => {
    const flow = new Flow({ blocks: 100, window: 4, oack: false })
    drain(flow, 0)
    flow.ack(4, 10)
    drain(flow, 10)
    assert.equal(flow.ack(4, 30), 'resend')
    drain(flow, 30)
    // The client had got 5 to 8 after all: it acknowledges them for the original and for the copy.
    assert.equal(flow.ack(8, 31), 'progress')
    drain(flow, 31)
    assert.equal(flow.ack(8, 41), 'ignored')
    assert.equal(flow.retransmits, 4)
  })

  it('resends after a timeout, later each time, and gives up on a client that never answers', () => {
    const flow = new Flow({ blocks: 3, window: 1, oack: false })
    let now = 0
    const waits: number[] = []
    for (;;) {
      drain(flow, now)
      waits.push(flow.deadline! - now)
      now = flow.deadline!
      if (flow.expired(now) === 'gave up') break
    }
    assert.deepEqual(waits, [1000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000])
  })

  it('measures the round trip, so that a lost packet on a LAN costs 50 ms and not a second', () => {
    const flow = new Flow({ blocks: 100, window: 1, oack: false })
    for (let block = 1; block <= 20; block++) {
      drain(flow, block)
      flow.ack(block, block + 0.3)
    }
    drain(flow, 30)
    assert.equal(flow.deadline, 80)
  })

  it('does not measure a block that was sent twice (Karn)', () => {
    const flow = new Flow({ blocks: 9, window: 1, oack: false })
    drain(flow, 0)
    flow.expired(250)
    drain(flow, 250)
    flow.ack(1, 251)
    assert.equal(flow.rto.srtt, undefined)
  })

  it('keeps to the interval that the client asked for (RFC 2349)', () => {
    const flow = new Flow({ blocks: 9, window: 1, oack: true, timeoutMs: 3000 })
    drain(flow, 0)
    assert.equal(flow.deadline, 3000)
    flow.expired(3000)
    drain(flow, 3000)
    assert.equal(flow.deadline, 6000)
  })

  it('waits for the first ACK no longer than without that interval', () => {
    const flow = new Flow({ blocks: 9, window: 1, oack: true, timeoutMs: 255_000 })
    drain(flow, 0)
    assert.equal(flow.deadline, 17_000)
    assert.equal(flow.expired(17_000), 'gave up')
    const acknowledged = new Flow({ blocks: 9, window: 1, oack: true, timeoutMs: 255_000 })
    drain(acknowledged, 0)
    acknowledged.ack(0, 5)
    drain(acknowledged, 5)
    assert.equal(acknowledged.deadline, 255_005)
    assert.equal(acknowledged.expired(255_005), 'resend')
  })

  it('has no deadline while nothing is unacknowledged, for example while a slow disk is read', () => {
    const flow = new Flow({ blocks: 9, window: 1, oack: false })
    assert.equal(flow.deadline, undefined)
    drain(flow, 0)
    flow.ack(1, 1)
    assert.equal(flow.deadline, undefined)
  })

  it('sends more than 65535 blocks, while the numbers in ACKs wrap to 0', () => {
    const flow = new Flow({ blocks: 140_000, window: 7, oack: true })
    let at = 0
    drain(flow, at)
    flow.ack(0, at)
    for (;;) {
      const sent = drain(flow, ++at)
      const heard = flow.ack(sent.at(-1)! & 0xffff, at)
      if (heard === 'done') break
      assert.equal(heard, 'progress')
    }
    assert.equal(flow.acked, 140_000)
    assert.equal(flow.retransmits, 0)
  })

  it('never sends outside of the window nor ends early, whatever ACKs it gets', () => {
    const step = fc.record({ wire: fc.nat({ max: 65535 }), near: fc.boolean(), wait: fc.nat({ max: 300 }) })
    const shape = fc.record({
      blocks: fc.integer({ min: 1, max: 60 }),
      window: fc.integer({ min: 1, max: 16 }),
      oack: fc.boolean(),
    })
    fc.assert(
      fc.property(shape, fc.array(step, { maxLength: 80 }), (options, steps) => {
        const flow = new Flow(options)
        let now = 0
        let high = 0
        for (const { wire, near, wait } of steps) {
          for (const block of drain(flow, now)) {
            assert.ok(block <= Math.max(0, flow.acked + options.window) && block <= options.blocks)
            high = Math.max(high, block)
          }
          now += wait
          if (flow.deadline !== undefined && now >= flow.deadline && flow.expired(now) === 'gave up') return
          const number = near ? (Math.max(0, flow.acked) + (wire % 20)) & 0xffff : wire
          const heard = flow.ack(number, now)
          assert.ok(flow.acked <= high)
          if (heard === 'done') {
            assert.equal(high, options.blocks)
            return
          }
        }
      }),
    )
  })
})
