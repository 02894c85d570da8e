/** A small seeded generator of numbers from 0 to 1. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A copy of `seed` with up to 4 bytes changed, maybe cut short or made longer. */
export function mutated(seed: Buffer, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * below)
  const bytes = Buffer.concat([seed, Buffer.alloc(random() < 0.1 ? pick(600) : 0, pick(256))])
  for (let i = pick(5); i > 0; i--) bytes[pick(bytes.length)] = pick(256)
  return random() < 0.3 ? bytes.subarray(0, pick(bytes.length)) : bytes
}
