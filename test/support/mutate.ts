/** A copy of `seed` with up to 4 bytes changed, maybe cut short or made longer. */
export function mutated(seed: Buffer, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * below)
  const bytes = Buffer.concat([seed, Buffer.alloc(random() < 0.1 ? pick(600) : 0, pick(256))])
  for (let i = pick(5); i > 0; i--) bytes[pick(bytes.length)] = pick(256)
  return random() < 0.3 ? bytes.subarray(0, pick(bytes.length)) : bytes
}
