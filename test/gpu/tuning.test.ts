/** @file The tuning memo: what it changes, what it must not, and that no file can do harm. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Family, TuningMemo, type Variant } from '@visage/gpu';
import { memoPath, saveMemo, startGpu, tuningTarget } from '@visage/gpu/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

// Before any device opens: neither read nor write the memo of whoever runs the tests.
process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'visage-tuning-'));
const gpu = await startGpu();
const steady = await startGpu({ deterministic: true });
const target = await tuningTarget(gpu);
const test = suite('tuning memo');

const variant = (name: string, admits: true | string = true): Variant<string> => ({ name, admits: () => admits });
let described = 0;
const familyOf = (name: string) =>
  new Family<string, Variant<string>>({
    name,
    variants: [variant('large', 'too large'), variant('first'), variant('second')],
    tuned: true,
    describe(problem) {
      described++;
      return problem;
    },
  });
const [toy, other] = [familyOf('toy'), familyOf('other')];
const entry = (name: string) => ({ variant: name, ms: 1, untunedMs: 2 });

test.before.each(() => gpu.tuning.clear());

test('reorders the variants of the problem that was measured, and of no other', () => {
  gpu.tuning.set('toy', '8x8', entry('second'));
  const tuned = toy.choose(gpu, '8x8');
  assert.is(tuned.variant.name, 'second');
  assert.equal(tuned.declined, [
    { name: 'large', reason: 'too large' },
    { name: 'first', reason: 'measured slower than second' },
  ]);
  assert.is(toy.choose(gpu, '16x16').variant.name, 'first');
  assert.is(other.choose(gpu, '8x8').variant.name, 'first');
});

test('a problem is described only for a memo that knows the family', () => {
  described = 0;
  gpu.tuning.set('toy', '8x8', entry('second'));
  other.choose(gpu, '8x8');
  assert.is(described, 0);
  toy.choose(gpu, '8x8');
  assert.is(described, 1);
});

test('a variant that is gone or declines is not taken', () => {
  for (const name of ['large', 'removed']) {
    gpu.tuning.set('toy', '8x8', entry(name));
    assert.is(toy.choose(gpu, '8x8').variant.name, 'first');
  }
});

test('deterministic ignores it', () => {
  steady.tuning.set('toy', '8x8', entry('second'));
  assert.is(toy.choose(steady, '8x8').variant.name, 'first');
});

test('the next device on this adapter finds what was saved', async () => {
  gpu.tuning.set('toy', '8x8', entry('second'));
  const path = await saveMemo(gpu);
  assert.is(path, memoPath(target));
  const next = await startGpu();
  assert.equal(next.tuning.get('toy', '8x8'), entry('second'));
  assert.is((await startGpu({ deterministic: true })).tuning.size, 0);
});

test('entries that name what does not exist are passed over with a warning, and the others hold', async () => {
  gpu.tuning.set('toy', '8x8', entry('removed'));
  gpu.tuning.set('toy', '16x16', entry('second'));
  gpu.tuning.set('no such family', '8x8', entry('second'));
  await saveMemo(gpu);
  const warnings: string[] = [];
  const hear = ({ message }: Error) => warnings.push(message);
  process.on('warning', hear);
  const next = await startGpu();
  await new Promise(setImmediate); // warnings are told after the turn that raised them
  process.off('warning', hear);
  assert.is(warnings.length, 1);
  assert.match(
    warnings[0] as string,
    /do not exist \(no such family: second, toy: removed\); these entries are ignored/,
  );
  assert.is(toy.choose(next, '8x8').variant.name, 'first');
  assert.is(toy.choose(next, '16x16').variant.name, 'second');
  next.destroy();
});

test('text and memo are the same thing', () => {
  gpu.tuning.set('toy', 'b', entry('second'));
  gpu.tuning.set('toy', 'a', entry('first'));
  const text = gpu.tuning.toText(target);
  assert.is(TuningMemo.parse(text, target).toText(target), text);
});

const file = (change: object) => JSON.stringify({ ...JSON.parse(new TuningMemo().toText(target)), ...change });
const withEntry = (value: unknown) => file({ families: { toy: { '8x8': value } } });
const BAD: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['cut off', new TuningMemo().toText(target).slice(0, 40), /is no JSON/],
  ['something else', '[]', /a list, expected an object/],
  ['of another format', file({ format: 'visage tuning memo 0' }), /no tuning memo of this version/],
  ['of another adapter', file({ target: { ...target, adapter: 'Toaster' } }), /another adapter: "Toaster", here/],
  ['of another driver', file({ target: { ...target, driver: '1.0' } }), /another driver/],
  ['of other versions', file({ target: { ...target, versions: 'visage 0.0.1' } }), /another versions/],
  ['without families', file({ families: null }), /families is null, expected an object/],
  ['with a time of no number', withEntry({ variant: 'a', ms: '1', untunedMs: 1 }), /ms is "1", expected milliseconds/],
  ['with an endless time', withEntry({ variant: 'a', ms: 1, untunedMs: -1 }), /untunedMs is -1/],
  ['with a variant of no name', withEntry({ variant: {}, ms: 1, untunedMs: 1 }), /no name of 1 to/],
  ['with a huge name', withEntry({ variant: 'x'.repeat(1000), ms: 1, untunedMs: 1 }), /no name of 1 to/],
];

for (const [what, text, says] of BAD)
  test(`refuses a memo ${what}`, () => assert.throws(() => TuningMemo.parse(text, target), says));

test('names that mean something to JavaScript are names like others', () => {
  const memo = TuningMemo.parse('{"__proto__": 1, '.concat(withEntry(entry('second')).slice(1)), target);
  assert.is(memo.size, 1);
  const strange = `{"toy": {"__proto__": ${JSON.stringify(entry('constructor'))}}}`;
  const parsed = TuningMemo.parse(file({}).replace('"families":{}', `"families":${strange}`), target);
  assert.equal(parsed.get('toy', '__proto__'), entry('constructor'));
  assert.is(({} as { variant?: string }).variant, undefined);
});

test('a memo on disk that cannot be used is ignored with one warning', () => {
  const path = memoPath(target);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{"format": 7}');
  const script = `const { startGpu } = await import('@visage/gpu/node');
    const gpu = await startGpu();
    console.log(gpu.tuning.size);
    await new Promise(setImmediate); // warnings are printed after the turn that raised them
    process.exit();`;
  const run = spawnSync(process.execPath, ['--import', './scripts/register.mjs', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.is(run.status, 0, run.stderr);
  assert.is(run.stdout.trim(), '0');
  const warnings = run.stderr.split('\n').filter((line) => line.includes('tuning memo'));
  assert.is(warnings.length, 1, run.stderr);
  assert.match(warnings[0] as string, /is no tuning memo of this version .* it is ignored\. Measure anew: visage tune/);
  assert.is(readFileSync(path, 'utf8'), '{"format": 7}', 'the file is left alone');
});

test.after(() => {
  gpu.destroy();
  steady.destroy();
});
test.run();
