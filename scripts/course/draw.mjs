/** Draws the pictures of the course: scripts/course/drawings/N.mjs returns those of chapter N as SVG texts by name. */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { root } from './chapters.mjs';

const folder = `${root}docs/course/images/`;

/** Every picture: its path from the root of the repository, and its text. */
export async function allDrawings() {
  const files = readdirSync(new URL('drawings/', import.meta.url)).filter((name) => /^\d+\.mjs$/.test(name));
  const texts = new Map();
  for (const file of files.sort()) {
    const { drawings } = await import(`./drawings/${file}`);
    for (const [name, text] of Object.entries(drawings()))
      texts.set(`docs/course/images/${Number.parseInt(file, 10)}-${name}.svg`, text);
  }
  return texts;
}

/** Writes them all. */
export async function writeDrawings() {
  const texts = await allDrawings();
  for (const [path, text] of texts) await writeFile(`${root}${path}`, text);
  console.log(`${texts.size} drawings in ${folder}`);
}
