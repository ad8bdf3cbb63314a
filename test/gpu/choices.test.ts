/** @file Which variant of a family is taken, and why the others are not. */
import { Family, type Gpu, type KernelChoice, reportChoice, underChoice, type Variant, withVariant } from '@visage/gpu';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const gpu = { deterministic: true } as Gpu; // all of it that choosing asks for
const asked: string[] = [];

function variant(name: string, most: number, slowerThan?: Variant<number>['slowerThan']): Variant<number> {
  const admits = (problem: number) => {
    asked.push(name);
    return problem <= most || `${problem} is more than ${most}`;
  };
  return slowerThan ? { name, admits, slowerThan } : { name, admits };
}

const estimated: Variant<number>['slowerThan'] = (problem, { name }) => `slower than ${name} for ${problem}`;
const toy = new Family<number, Variant<number>>({
  name: 'toy',
  variants: [
    { ...variant('small', 4), supports: (problem) => problem % 2 === 0 || `${problem} is odd` },
    variant('middle', 16),
    variant('large', 64),
    variant('any', 1e9, estimated),
  ],
  describe: (problem) => `the number ${problem}`,
});
const choice = (problem: number) => toy.choose(gpu, problem);

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

test('a variant that comes after the chosen one is asked why when the reasons are read', () => {
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

test('whether a variant should is only asked if it can', () => {
  const made = choice(3);
  assert.is(made.variant.name, 'middle');
  assert.equal(asked, ['middle']);
  assert.equal(made.declined[0], { name: 'small', reason: '3 is odd' });
});

test('a forced variant is not asked whether it should, but whether it can', () => {
  const forced = (problem: number) => withVariant('toy', 'small', () => choice(problem));
  assert.is(forced(1000).variant.name, 'small');
  assert.throws(() => forced(1001), /^toy: small cannot compute the number 1001: 1001 is odd$/);
  assert.is(choice(1001).variant.name, 'any', 'free again after an error');
});

test('a family or variant that nobody knows is refused before anything runs', () => {
  const run = () => assert.unreachable('ran under a name that means nothing');
  assert.throws(() => withVariant('toys', 'small', run), /no kernel family is called toys; there are .*\btoy\b/);
  assert.throws(
    () => withVariant('toy', 'huge', run),
    /^toy: no variant is called huge; there are small, middle, large, any$/,
  );
});

test('two families of one name are refused: a forced variant would be that of one of them', () => {
  assert.throws(
    () => new Family({ name: 'toy', variants: [], describe: String }),
    /the kernel family toy is defined twice/,
  );
});

test('a problem that nobody takes is an error with all reasons', () => {
  assert.throws(
    () => choice(2e9),
    /toy: no kernel variant takes the number 2000000000 \(small: 2000000000 is more than 4; middle/,
  );
});

test('choices made for another one say so, and plain data tells both', () => {
  const outer = new Family({
    name: 'outer',
    variants: [variant('only', 100)],
    describe: () => 'seven',
    tuned: true,
  }).choose(gpu, 7);
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
