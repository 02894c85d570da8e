import { writeFileSync } from 'node:fs'
import { manPage, sampleToml } from '../src/config/document.ts'
import { errorsManPage } from '../src/errors/document.ts'

/** `npm run docs`: writes the files that are made from tables in src. */
const DOCUMENTS = {
  'be.toml.sample': sampleToml(),
  'man/be.toml.5': manPage(),
  'man/be-errors.7': errorsManPage(),
}

for (const [path, text] of Object.entries(DOCUMENTS)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text)
}
