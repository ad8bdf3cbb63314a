/**
 * @file Every chapter of the course runs to its end within its time and prints what its page quotes; every solution
 * passes the check of its exercise, and every exercise as it comes fails it with its own message.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chapters } from '../../scripts/course/chapters.mjs';
import { blocksOf, notPrinted, pages } from '../../scripts/course/quotes.mjs';
import { checkAttempt, runChapter } from '../../scripts/course/run.mjs';

const test = suite('chapters of the course');
// Of a processor, so that other work does not count. While no kernel was compiled before, chapters 7 and 8 take 150 and
// 139 s, which are 110 and 103 s on two idle cores: the course's page says two minutes.
const SECONDS = 180;
const LINES = 200;
const silent = (): void => {};

test('the chapters are numbered without a gap', () => {
  assert.equal(
    chapters().map(({ number }) => number),
    chapters().map((_, at) => at + 1),
  );
  assert.ok(chapters().length > 0);
});

for (const { number, name } of chapters()) {
  const source = (file: string): string => readFileSync(`examples/course/${name}/${file}.ts`, 'utf8');

  test(`${name} runs in time and prints what its page quotes`, async () => {
    assert.ok(source('main').split('\n').length <= LINES + 1, `main.ts has more than ${LINES} lines`);
    const started = process.cpuUsage();
    const lines: string[] = [];
    await runChapter(number, (text: string) => lines.push(text));
    const { user, system } = process.cpuUsage(started);
    const seconds = (user + system) / 1e6;
    assert.ok(seconds < SECONDS, `${seconds.toFixed(0)} s of a processor`);
    assert.ok(lines.length > 0, 'it prints something');
    assert.not.match(lines.join('\n'), /\bNaN\b|undefined/);
    const quoted = pages()
      .flatMap((page) => blocksOf(page))
      .filter((block) => block.source === `npm run course -- ${number}`);
    assert.ok(quoted.length > 0, `docs/course/${name}.md quotes what it prints`);
    for (const block of quoted) assert.equal(notPrinted(block, lines), [], block.page);
  });

  test(`${name}: the solution passes, and the exercise as it comes says what to write`, async () => {
    await checkAttempt(number, 'solution', silent);
    const message = await checkAttempt(number, 'exercise', silent).then(
      () => 'it passes',
      (error: Error) => error.message,
    );
    assert.match(message, /^write /, 'an exercise throws an error that begins with what to write');
    assert.ok(source('exercise').includes(message.slice(0, 20)), `the error is the exercise's own: ${message}`);
  });
}

test.run();
