/**
 * @file The log of a training run: nothing is lost, nothing is doubled, and nothing grows with the length of the run
 * but the file.
 */
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogLine, logLines, logPage, readLog, shortLog, TrainingLog } from '@visage/training';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chartsOf, digestOf, Thinned } from '../../packages/training/src/runs/curves.ts';

const test = suite('the training log');
const folder = mkdtempSync(join(tmpdir(), 'visage-log-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const KINDS = ['cross', 'same'] as const;
const stepLine = (step: number): LogLine => ({
  step,
  event: 'step',
  values: { identity: 1 / step, reconstruction: step, stepsPerSecond: 2 },
  note: KINDS[step % 2] as string,
});
const textOf = (lines: readonly LogLine[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const stepsTo = (last: number) => Array.from({ length: last }, (_, k) => stepLine(k + 1));

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

test('lines go to the disk while a run goes on: memory holds the latest few', async () => {
  const path = join(folder, 'long.jsonl');
  const log = new TrainingLog(path, 0);
  const lines = stepsTo(20_000); // 2 MB
  for (const line of lines) log.add(line);
  const waiting = Buffer.byteLength(textOf(lines)) - statSync(path).size;
  assert.ok(waiting < 100_000, `${waiting} bytes wait in memory`);
  await log.flush();
  assert.is(readFileSync(path, 'utf8'), textOf(lines));
  let last = 0;
  for (const { step } of logLines(path)) {
    assert.is(step, last + 1);
    last = step;
  }
  assert.is(last, 20_000);
});

test('a resumed run cuts the end off and touches nothing else', async () => {
  const path = join(folder, 'cut.jsonl');
  const measure: LogLine = { step: 3, event: 'measure', values: { psnr: 9 } };
  writeFileSync(path, `${textOf([...stepsTo(3), measure, stepLine(4), stepLine(5)])}{"step":6,"ev`);
  const { ino } = statSync(path);
  const log = new TrainingLog(path, 3);
  assert.is(statSync(path).ino, ino, 'the same file');
  assert.equal([log.missing, log.latest('measure')], [0, 3]);
  log.add(stepLine(4));
  await log.flush();
  assert.is(readFileSync(path, 'utf8'), textOf([...stepsTo(3), measure, stepLine(4)]));
});

test('lines that somebody took away are counted', () => {
  const path = join(folder, 'gap.jsonl');
  writeFileSync(path, textOf([stepLine(1), stepLine(4)]));
  assert.is(new TrainingLog(path, 5).missing, 3);
  assert.is(new TrainingLog(join(folder, 'none.jsonl'), 5).missing, 5);
});

test('what could not be written waits; what another process wrote is not written over', async () => {
  const path = join(folder, 'gone.jsonl');
  const log = new TrainingLog(path, 0);
  log.add(stepLine(1));
  await log.flush();
  renameSync(path, `${path}.away`);
  log.add(stepLine(2));
  assert.match(await failure(log.flush()), /gone\.jsonl: cannot be written \(ENOENT/);
  renameSync(`${path}.away`, path);
  await log.flush();
  assert.equal(readLog(path), stepsTo(2));

  appendFileSync(path, textOf([stepLine(3)]));
  log.add(stepLine(3));
  assert.match(await failure(log.flush()), /was changed by something else; is another run training into this folder/);
  truncateSync(path, Buffer.byteLength(textOf(stepsTo(2))));
  await log.flush();
  assert.equal(readLog(path), stepsTo(3));
});

test('a warning is told once, also by a resumed run', async () => {
  const path = join(folder, 'warned.jsonl');
  const log = new TrainingLog(path, 0);
  assert.equal([log.warn(1, 'cut'), log.warn(2, 'cut'), log.warn(2, 'gone')], [true, false, true]);
  await log.flush();
  const resumed = new TrainingLog(path, 1);
  assert.equal([resumed.warn(2, 'cut'), resumed.warn(2, 'gone')], [false, true]);
  await resumed.flush();
  assert.equal(
    readLog(path).map(({ step, note }) => [step, note]),
    [
      [1, 'cut'],
      [2, 'gone'],
    ],
  );
});

test('a stream is thinned evenly, its last item included', () => {
  const thinned = (count: number) => {
    const some = new Thinned<number>(4);
    for (let k = 0; k < count; k++) some.add(k);
    return some.items;
  };
  assert.equal(thinned(4), [0, 1, 2, 3]);
  assert.equal(thinned(5), [0, 2, 4]);
  assert.equal(thinned(8), [0, 2, 4, 6, 7]);
  assert.equal(thinned(14), [0, 4, 8, 12, 13]);
});

test('curves of a long run show both kinds of pairs, and its alarms are told', () => {
  const alarm: LogLine = { step: 9000, event: 'alarm', values: { change: 0 }, note: 'nothing is swapped' };
  const others = (['settings', 'report'] as const).map((event): LogLine => ({ step: 0, event, values: {}, note: 'x' }));
  const digest = digestOf([...others, ...stepsTo(9000), alarm]);
  assert.equal([digest.warningCount, digest.warnings], [1, [alarm]]);
  const chart = chartsOf(digest)[0];
  assert.is(chart?.title, 'identity loss');
  const { steps = [], curves = {} } = chart ?? {};
  assert.ok(steps.length > 1000 && steps.length < 2100, `${steps.length} points`);
  assert.is(steps.at(-1), 9000);
  for (const [name, curve] of Object.entries(curves)) {
    const points = curve.filter((value) => value !== null).length;
    assert.ok(points > 500, `${name}: ${points} points`);
  }
});

test('a curve for each kind of pairs that a recipe has', () => {
  const kinds = ['same', 'shuffled', 'truth'];
  const lines = stepsTo(9).map((line) => ({ ...line, note: kinds[line.step % 3] as string }));
  const [identity] = chartsOf(digestOf(lines));
  assert.equal(Object.keys(identity?.curves ?? {}), ['one person', 'shuffled people', 'two people, exact swap known']);
  for (const curve of Object.values(identity?.curves ?? {}))
    assert.is(curve.filter((value) => value !== null).length, 3);
});

test('a short log has all measurements, settings first, and even steps of each kind', () => {
  const settings: LogLine = { step: 0, event: 'settings', values: {}, note: 'recipe paper' };
  const measure = (step: number): LogLine => ({ step, event: 'measure', values: { psnr: 20 + step / 7000 } });
  const lines = shortLog([settings, ...stepsTo(6000), measure(6000), ...stepsTo(9000).slice(6000)], 20);
  assert.equal(lines[0], settings);
  const steps = lines.filter(({ event }) => event === 'step');
  assert.ok(steps.length > 20 && steps.length <= 44, `${steps.length} steps`);
  assert.equal(
    steps.slice(0, 2).map(({ note }) => note),
    ['same', 'cross'],
  );
  assert.is(steps.at(-1)?.step, 9000);
  const at = lines.findIndex(({ event }) => event === 'measure');
  assert.equal(lines[at]?.values, { psnr: 20.8571 });
  assert.ok((lines[at - 1]?.step ?? 0) <= 6000 && (lines[at + 1]?.step ?? 0) > 6000, 'it stays behind its step');
  const page = logPage(lines, 'a < b');
  assert.match(page, /<h1>a &lt; b<\/h1>/);
  assert.match(page, /20\.86/);
});

test('the page of a log has the curves of a swapper that it has values for, or those of all values', () => {
  const titles = (lines: LogLine[]) =>
    [...logPage(lines, 'log').matchAll(/"title":"([^"]*)"/g)].map(([, title]) => title);
  assert.equal(titles(stepsTo(4)), ['identity loss', 'reconstruction loss']);
  const ofReader = stepsTo(4).map(
    ({ step }): LogLine => ({ step, event: 'step', values: { loss: 1 / step, rate: 0.1 } }),
  );
  assert.equal(titles(ofReader), ['loss', 'rate']);
});

test.run();
