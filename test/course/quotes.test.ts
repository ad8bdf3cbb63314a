/** @file What the pages of the course quote stands where they say: lines of files, kernels, figures. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allDrawings } from '../../scripts/course/draw.mjs';
import { blocksOf, notPrinted, pages, wrongQuotes } from '../../scripts/course/quotes.mjs';

const test = suite('quotes of the course');

test('quotes are lines of files, what commands print, and figures of other pages', () => {
  const quotes = pages().flatMap(blocksOf);
  assert.ok(quotes.length > 8, `${quotes.length} blocks`);
  assert.is(wrongQuotes().join('\n'), '');
});

test('the drawings are what the script draws, and a page shows each', async () => {
  const texts = pages().map((page) => readFileSync(page, 'utf8'));
  const drawings = await allDrawings();
  assert.ok(drawings.size > 3, `${drawings.size} drawings`);
  for (const [path, text] of drawings) {
    assert.is(readFileSync(path, 'utf8'), text, `${path}: run npm run course -- drawings`);
    assert.ok(
      texts.some((page) => page.includes(path.replace('docs/course/', ''))),
      `no page shows ${path}`,
    );
  }
});

test('a printed line may differ in its numbers, and in nothing else', () => {
  const block = { text: 'copy 3.5 ms, 10 GB/s\nsum 2e-7\n' };
  assert.equal(notPrinted(block, ['copy 12 ms, 0.4 GB/s', 'sum  1.5']), []);
  assert.equal(notPrinted(block, ['copies 12 ms, 0.4 GB/s', 'sum 1']), ['copy 3.5 ms, 10 GB/s']);
});

test.run();
