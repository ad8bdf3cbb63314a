/** @file What the pages of the course quote stands where they say: lines of files, kernels, figures. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allDrawings } from '../../scripts/course/draw.mjs';
import { blocksOf, notPrinted, pages, wrongQuotes, wrongQuotesIn } from '../../scripts/course/quotes.mjs';

const test = suite('quotes of the course');

test('quotes are lines of files, what commands print, and figures of other pages', () => {
  const quotes = pages().flatMap((page) => blocksOf(page));
  assert.ok(quotes.length > 8, `${quotes.length} blocks`);
  assert.is(wrongQuotes().join('\n'), '');
});

test('a wrong quote of each kind is told', () => {
  const page = 'docs/course/made-up.md';
  const fence = (source: string, text: string) => `\`\`\`${source}\n${text}\n\`\`\`\n`;
  const relu = 'wgsl npm run visage -- kernel relu --shape 16x224x224x64';
  const cases: [right: string, wrong: string, said: RegExp][] = [
    [
      fence('text LICENSE:1', readFileSync('LICENSE', 'utf8').split('\n')[0] ?? ''),
      fence('text LICENSE:1', 'no'),
      /LICENSE:1/,
    ],
    [fence('text LICENSE:1', readFileSync('LICENSE', 'utf8').split('\n')[0] ?? ''), fence('text GONE:1', 'no'), /GONE/],
    ['[`grad`](../../test/course/quotes.test.ts)', '[`gradient of a`](../../kernels/index.ts)', /looks for/],
    ['[`suite`](../../test/course/quotes.test.ts#L3)', '[`suite`](../../test/course/quotes.test.ts#L1)', /line 1$/],
    ['[30 TFLOP/s](../rejected.md#kernels)', '[31 TFLOP/s](../rejected.md#kernels)', /quotes 31 TFLOP/],
    [fence(relu, 'alias V = vec4f;\n…\nfn map(i : u32) -> V {'), fence(relu, 'alias V = vec5f;'), /does not print/],
  ];
  for (const [right, wrong, said] of cases) {
    assert.equal(wrongQuotesIn(page, right), []);
    const told = wrongQuotesIn(page, wrong);
    assert.is(told.length, 1, wrong);
    assert.match(told[0] ?? '', said);
  }
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
