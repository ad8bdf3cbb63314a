/** @file Which variant of a family is taken, and why the others are not. */
import { choose, type Gpu, type KernelChoice, reportChoice, underChoice, type Variant, withVariant } from '@visage/gpu';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const gpu = { deterministic: true } as Gpu; // all of it that choosing asks for
const asked: string[] = [];

function variant(name: string, most: number, behind?: Variant<number>['behind']): Variant<number> {
  const admits = (problem: number) => {
    asked.push(name);
    return problem <= most || `${problem} is more than ${most}`;
  };
  return behind ? { name, admits, behind } : { name, admits };
}

const estimated: Variant<number>['behind'] = (problem, { name }) => `slower than ${name} for ${problem}`;
const family = [variant('small', 4), variant('middle', 16), variant('large', 64), variant('any', 1e9, estimated)];
const choice = (problem: number) => choose('toy', family, problem, gpu);

test.before.each(() => {
  asked.length = 0;
});

test('every other variant has a reason, in the order of the family', () => {
  const { variant, declined, signature } = choice(10);
  assert.is(variant.name, 'middle');
  assert.equal(declined, [
    { name: 'small', reason: '10 is more than 4' },
    { name: 'large', reason: 'less preferred' },
    { name: 'any', reason: 'slower than middle for 10' },
  ]);
  assert.is(signature, undefined);
});

test('who stands behind the first that admits the problem is asked when somebody wants to know', () => {
  const made = choice(10);
  assert.equal(asked, ['small', 'middle']);
  assert.is(made.declined.length, 3);
  assert.equal(asked.slice(2), ['small', 'large', 'any']);
});

test('a choice that was not free has nobody who declined', () => {
  const { variant, declined } = withVariant('toy', 'any', () => choice(1));
  assert.is(variant.name, 'any');
  assert.equal(declined, []);
  assert.equal(asked, []);
});

test('a problem that nobody takes is an error with all reasons', () => {
  assert.throws(
    () => choice(2e9),
    /toy: no kernel variant takes 2000000000 \(small: 2000000000 is more than 4; middle/,
  );
});

test('choices made for another one say so, and plain data tells both', () => {
  const outer = choose('outer', [variant('only', 100)], 7, gpu, () => 'seven');
  const inner = underChoice(outer, () => choice(3));
  assert.is(inner.within, outer);
  assert.is(choice(3).within, undefined, 'only inside');
  assert.throws(() =>
    underChoice(outer, () => {
      throw new Error('as kernels may');
    }),
  );
  assert.is(choice(3).within, undefined, 'after an error too');
  const report = reportChoice(inner);
  assert.equal(report.within, { family: 'outer', variant: 'only', problem: 'seven', declined: [] });
  assert.equal(JSON.parse(JSON.stringify(report)), report);
  assert.is(report.declined.length, 3);
});

test('asynchronous work is refused: another choice could begin meanwhile', () => {
  const outer: KernelChoice = choice(3);
  assert.throws(() => underChoice(outer, async () => {}), /underChoice/);
});

test.run();
