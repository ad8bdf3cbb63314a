/**
 * The course of docs/course.
 *
 *     npm run course -- 3               runs the file of chapter 3
 *     npm run course -- 3 --exercise    checks what you wrote into its exercise.ts
 *     npm run course -- 3 --solution    checks the solution that comes with it
 *     npm run course -- page            serves a page that runs every chapter in a browser; --out FILE writes it
 *     npm run course -- drawings        draws the pictures of the pages anew
 *     npm run course -- pictures        computes the picture of gradients in chapter 7 anew, in minutes
 *     npm run course -- quotes          puts the quotes in the pages right after the quoted files have moved
 */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { checkAttempt, runChapter } from './run.mjs';

const usage =
  'expected: npm run course -- 1 [--exercise | --solution], or page [--out FILE], drawings, pictures, quotes';

/** Writes the browser page to a file, or serves it on this machine until Ctrl-C. */
async function page(out) {
  const { coursePage } = await import('./page.mjs');
  const html = await coursePage();
  if (out) return writeFile(out, html);
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html; charset=utf-8').end(html),
  );
  await new Promise((resolve, reject) => server.on('error', reject).listen(8225, '127.0.0.1', resolve));
  console.log(`http://127.0.0.1:${server.address().port}/  (Ctrl-C ends it)`);
  return new Promise(() => {}); // until then
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { exercise: { type: 'boolean' }, solution: { type: 'boolean' }, out: { type: 'string' } },
  });
  const [what, ...more] = positionals;
  if (more.length > 0) throw new Error(usage);
  if (what === 'page') return page(values.out);
  if (what === 'drawings') return (await import('./draw.mjs')).writeDrawings();
  if (what === 'pictures') return (await import('./pictures.mjs')).writePictures();
  if (what === 'quotes') return (await import('./quotes.mjs')).repairPages();
  if (!/^\d+$/.test(what ?? '')) throw new Error(usage);
  if (values.exercise) return checkAttempt(what, 'exercise', console.log);
  if (values.solution) return checkAttempt(what, 'solution', console.log);
  return runChapter(what, console.log);
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
process.exit(); // Dawn keeps threads that would hold the process open
