/**
 * People of mesh heads: the kernels compute what the reference computes; identity and attributes stay apart; same
 * numbers, same bits.
 */

import { createHash } from 'node:crypto';
import { describeHead, headDiversity } from '@visage/faces';
import { headsPerson } from '@visage/kernels';
import { record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { carrierAxes, faceAxes } from '../../packages/faces/src/heads/people/axes.ts';
import { deriveValues } from '../../packages/faces/src/heads/people/derive.ts';
import { drawHead } from '../../packages/faces/src/heads/people/draw.ts';
import { irradianceTerms, turnedIrradiance } from '../../packages/faces/src/heads/people/environments.ts';
import { driveNames } from '../../packages/faces/src/heads/people/expressions.ts';
import type { FactorSplit } from '../../packages/faces/src/heads/people/factors.ts';
import {
  personFloats,
  personLayout,
  personMembers,
  rowNumber,
  rowOf,
  valueCount,
  valueLayout,
} from '../../packages/faces/src/heads/people/layout.ts';
import { type HeadLevel, headCrops, headTable, meanHeadTable } from '../../packages/faces/src/heads/people/levels.ts';
import { macroTargets } from '../../packages/faces/src/heads/people/macros.ts';
import { People } from '../../packages/faces/src/heads/people/people.ts';
import { personOf } from '../../packages/faces/src/heads/people/person.ts';
import { rules, ruleTable, targetWeights } from '../../packages/faces/src/heads/people/rules.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { namesOnly } from './namesOnly.ts';

const { test } = await gpuSuite('people of mesh heads');
const asset = namesOnly();
const people = new People(asset);
const count = 64;
const levels: readonly HeadLevel[] = ['M0', 'M1', 'M2', 'M3', 'M4'];
/** Rows that draw nothing below M4. */
const staged = ['paint', 'paintHue', 'paintAngle', 'paintWidth', 'crossing'] as const;
const identities = Uint32Array.from({ length: count }, (_, n) => 1_000_000 + 3 * n);
const attributes = Uint32Array.from({ length: count }, (_, n) => 1_000_000 + n);

/** The values of a tensor, whose memory is given back. */
async function taken(x: Tensor): Promise<Float32Array> {
  const floats = await x.floats();
  x.dispose();
  return floats;
}

async function drawn(batch: Parameters<People['draw']>[0]) {
  const { people: persons, weights } = people.draw(batch);
  return { persons: await taken(persons), weights: await taken(weights) };
}

/** The member of a person in which a float lies. */
const memberAt = (index: number): string =>
  Object.entries(personLayout)
    .filter(([, start]) => start <= index % personFloats)
    .at(-1)?.[0] as string;

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: (index: number) => string): void {
  assert.is(actual.length, expected.length);
  for (let k = 0; k < actual.length; k++) {
    const [a, b] = [actual[k] as number, expected[k] as number];
    if (!(Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b)))) assert.unreachable(`${what(k)}: ${a} instead of ${b}`);
  }
}

test('the struct Person of the kernels has the members of the layout', () => {
  const members = [...headsPerson.matchAll(/^ {2}(\w+) : (?:array<vec4f, (\d+)>|vec4f),/gm)].map((match) => [
    match[1],
    Number(match[2] ?? 1),
  ]);
  assert.equal(members, Object.entries(personMembers));
});

test('rows have numbers of their own in their random stream', () => {
  const numbers = Array.from({ length: valueLayout.drives }, (_, row) => rowNumber(row));
  assert.is(new Set(numbers).size, numbers.length);
});

const kinds = [...levels.map((level) => [level, 'swap'] as const), ['M4', 'whole'] as const];
for (const [level, factorSplit] of kinds) {
  test(`64 people of ${level}, split ${factorSplit}, on the GPU are those of the reference`, async () => {
    const { persons, weights } = await drawn({ identities, attributes, level, factorSplit });
    for (let n = 0; n < count; n++) {
      const key = { identity: identities[n] as number, attributes: attributes[n] as number, level, factorSplit };
      const values = drawHead(key);
      deriveValues(values);
      const [person, targets] = [personOf(values, people.tables), targetWeights(values, people.tables.rules)];
      near(persons.subarray(n * personFloats, (n + 1) * personFloats), person, (k) => `${n} ${memberAt(k)} ${k % 4}`);
      near(
        weights.subarray(n * targets.length, (n + 1) * targets.length),
        targets,
        (k) => `${n} ${asset.targets.names[k % people.targets]}`,
      );
    }
  });
}

/** What a change moved: floats of a Person by member and lane. */
function changed(x: Float32Array, y: Float32Array): Set<string> {
  const places = new Set<string>();
  x.forEach((value, k) => {
    if (value !== y[k]) places.add(`${memberAt(k)}.${'xyzw'[k % 4]}`);
  });
  return places;
}

/** People of a split, the same attributes under other identities, and the same identities under other attributes. */
async function turned(factorSplit: FactorSplit) {
  const others = identities.map((x) => x + 1);
  const of = (i: Uint32Array, a: Uint32Array) => drawn({ identities: i, attributes: a, level: 'M4', factorSplit });
  const [a, b, c] = [await of(identities, attributes), await of(others, attributes), await of(identities, others)];
  const [byIdentity, byAttributes] = [changed(a.persons, b.persons), changed(a.persons, c.persons)];
  const both = [...byIdentity].filter((place) => byAttributes.has(place));
  return { a, b, c, byIdentity, byAttributes, both };
}

test('identity and attributes do not reach into each other', async () => {
  const { a, b, c, byIdentity, byAttributes, both } = await turned('swap');
  assert.equal(both, []);
  const ofIdentity = ['tone.w', 'skin.x', 'skin.z', 'marks.x', 'moles.x', 'style.x', 'brow.w', 'iris.x', 'descent.x'];
  for (const place of ofIdentity) assert.ok(byIdentity.has(place), place);
  const ofAttributes = ['pose.x', 'tone.x', 'skin.w', 'outerSkin.x', 'hair.w', 'style.w', 'sensor.x', 'hat.w', 'key.x'];
  ofAttributes.push('pose.w', 'paint.x', 'paint.w', 'stripes.x', 'stripes.y');
  for (const place of ofAttributes) assert.ok(byAttributes.has(place), place);
  const carrier = (weights: Float32Array): number[] =>
    Array.from(weights).filter((_, k) => Math.floor(k / people.targets) % 2 === 1);
  assert.equal(carrier(a.weights), carrier(b.weights));
  assert.not.equal(carrier(a.weights), carrier(c.weights));
});

test('of the split whole, a person keeps head, tone, hair and beard under all attributes, and another has others', async () => {
  const { a, b, c, byIdentity, byAttributes, both } = await turned('whole');
  assert.equal(both.sort(), ['lip.w', 'sensor.x']); // who wears lipstick, and cameras that meter the skin
  const kept = ['tone.x', 'skin.w', 'outerSkin.x', 'hair.x', 'hair.w', 'style.w', 'fringe.x', 'fringe.z', 'brow.x'];
  for (const place of [...kept, 'about.y', 'about.z', 'about.w', 'descent.x', 'iris.x'])
    assert.ok(byIdentity.has(place) && !byAttributes.has(place), place);
  for (const place of [
    'pose.x',
    'key.x',
    'cloth.x',
    'glasses.x',
    'hat.w',
    'occluder.x',
    'back.x',
    'fringe.w',
    'pose.w',
    'paint.w',
  ])
    assert.ok(byAttributes.has(place) && !byIdentity.has(place), place);
  const shape = (weights: Float32Array) =>
    weights.filter((_, k) => !/expression/.test(asset.targets.names[k % people.targets] ?? ''));
  assert.equal(shape(a.weights), shape(c.weights));
  assert.not.equal(shape(a.weights), shape(b.weights));
});

test('a head is described as its split draws it', () => {
  const of = (attributes: number, factorSplit: FactorSplit) =>
    describeHead({ identity: 3, attributes, level: 'M2', factorSplit });
  const [one, other] = [of(1, 'whole'), of(2, 'whole')];
  assert.equal([one.tone, one.carrier, one.face], [other.tone, other.carrier, other.face]);
  assert.not.equal(one.pose, other.pose);
  assert.equal([one.face, one.pose], [of(1, 'swap').face, of(1, 'swap').pose]);
  assert.not.equal(of(1, 'swap').carrier, of(2, 'swap').carrier);
});

test('a split changes who decides a row, and nothing else of it', () => {
  const rows = (factorSplit: FactorSplit) => headTable('M2', 'portrait', factorSplit);
  const owners = new Set(rows('swap').map(({ stream }, k) => `${stream} ${rows('whole')[k]?.stream}`));
  assert.equal([...owners].sort(), ['attribute attribute', 'attribute identity', 'identity identity']);
  const drawnAs = (factorSplit: FactorSplit) => rows(factorSplit).map(({ shape, a, b, c }) => [shape, a, b, c]);
  assert.equal(drawnAs('whole'), drawnAs('swap'));
});

test('the tables of the split swap are those of before there was another, and before there was paint', () => {
  const hash = createHash('sha256');
  const added = new Set<number>(staged.map((name) => rowOf[name]));
  for (const level of levels.filter((level) => level !== 'M4'))
    for (const crop of headCrops)
      for (const table of [headTable(level, crop), meanHeadTable(level, crop)])
        for (const [k, { stream, shape, a, b, c }] of table.entries())
          if (!added.has(k)) hash.update(`${rowNumber(k)} ${stream} ${shape} ${a} ${b} ${c}\n`);
  assert.is(hash.digest('hex').slice(0, 16), '2575e527c7420e20');
});

test('paint and crossed eyes are of M4 alone; without them its people are those of M3, to the bit', async () => {
  const [plain, all] = [
    await drawn({ identities, attributes, level: 'M3' }),
    await drawn({ identities, attributes, level: 'M4' }),
  ];
  assert.equal(plain.weights, all.weights);
  const [hidden, turn] = [personLayout.paint + 3, personLayout.pose + 3];
  let same = 0;
  for (let n = 0; n < count; n++) {
    const [a, b] = [plain, all].map(({ persons }) => persons.slice(n * personFloats, (n + 1) * personFloats)) as [
      Float32Array,
      Float32Array,
    ];
    assert.equal([a[hidden], a[turn]], [0, 0]);
    const { paint, gaze } = describeHead({ identity: 1, attributes: attributes[n] as number, level: 'M4' });
    assert.ok(Math.abs(paint.strength - b[hidden]!) < 1e-6);
    assert.ok(Math.abs(gaze.crossing - (b[turn]! * 180) / Math.PI) < 1e-4);
    if (paint.strength === 0 && gaze.crossing === 0) same++;
    a[hidden] = b[hidden]!;
    a[turn] = b[turn]!;
    assert.equal(a, b);
  }
  assert.ok(same > 20 && same < 55, `${same} of 64 have neither`);
});

test('a level changes no draw of the identity', async () => {
  const [a, b] = [
    await drawn({ identities, attributes, level: 'M0' }),
    await drawn({ identities, attributes, level: 'M3' }),
  ];
  const unit = (k: number): boolean => !/expression/.test(asset.targets.names[k % people.targets] ?? '');
  assert.equal(
    a.weights.filter((_, k) => unit(k)),
    b.weights.filter((_, k) => unit(k)),
  );
});

test('the same numbers give the same bits, alone and in a replayed step', async () => {
  const eager = await drawn({ identities, attributes, level: 'M3' });
  assert.equal(await drawn({ identities, attributes, level: 'M3' }), eager);
  const lists = [identities, attributes].map((list) =>
    tensor(
      list.map((x) => x + 7),
      [count],
    ),
  );
  const [i, a] = lists as [Tensor, Tensor];
  const step = record(() => people.draw({ identities: i, attributes: a, level: 'M3' }));
  step.run();
  i.write(identities);
  a.write(attributes);
  step.run();
  assert.equal(await step.result.people.floats(), eager.persons);
  assert.equal(await step.result.weights.floats(), eager.weights);
  step.dispose();
  for (const list of lists) list.dispose();
});

test('the mean identity is one face under any identity number', async () => {
  const others = identities.map((x) => x + 1);
  const a = await drawn({ identities, attributes, level: 'M2', mean: true });
  assert.equal(a, await drawn({ identities: others, attributes, level: 'M2', mean: true }));
  const key = { identity: 5, attributes: attributes[0] as number, level: 'M2' as const };
  const values = drawHead(key, meanHeadTable('M2'));
  deriveValues(values);
  near(a.persons.subarray(0, personFloats), personOf(values, people.tables), (k) => `${memberAt(k)} ${k % 4}`);
});

test('every rule finds its target, and shares of a missing macro target go to a stand-in', () => {
  const names = new Set(asset.targets.names);
  const missing = rules.map(({ target }) => target).filter((name) => !names.has(name));
  assert.ok(
    missing.every((name) => name.startsWith('macrodetails/')),
    String(missing),
  );
  const values = drawHead({ identity: 3, attributes: 4, level: 'M3' });
  deriveValues(values);
  const [table, whole] = [ruleTable(asset.targets), ruleTable({ names: [...macroTargets] })];
  const sum = (weights: Float64Array, at: (name: string) => boolean, of: readonly string[]): number =>
    of.reduce((total, name, k) => total + (at(name) ? (weights[k] as number) : 0), 0);
  for (const kind of [/universal/, /african/, /asian-/, /caucasian-/]) {
    const at = (name: string) => name.startsWith('macrodetails') && kind.test(name);
    const got = sum(targetWeights(values, table), at, asset.targets.names);
    assert.ok(Math.abs(got - sum(targetWeights(values, whole), at, macroTargets)) < 1e-12, String(kind));
  }
  const padding = targetWeights(values, table).subarray(asset.targets.names.length, table.targets);
  assert.ok(padding.every((weight) => weight === 0));
});

test('values have a place for everything', () => {
  assert.is(headTable('M2').length, valueLayout.drives);
  assert.is(valueLayout.carrierAxes - valueLayout.faceAxes, faceAxes.length);
  assert.is(valueLayout.drives - valueLayout.carrierAxes, carrierAxes.length);
  assert.is(valueCount, valueLayout.drives + driveNames.length + 2 * macroTargets.length);
});

test('a turned environment has the light of the turned directions', () => {
  const table = people.tables.environments;
  const turn = 0.7;
  for (const [layer, n] of [
    [0, [0.48, 0.6, 0.64]],
    [1, [-0.36, -0.48, 0.8]],
  ] as const) {
    const turned = turnedIrradiance(table, layer, turn, 1);
    // the direction of the map that the turn brings to n
    const e = [
      Math.cos(turn) * n[0] + Math.sin(turn) * n[2],
      n[1],
      Math.cos(turn) * n[2] - Math.sin(turn) * n[0],
    ] as const;
    for (let c = 0; c < 3; c++) {
      const expected = irradianceTerms(e).reduce(
        (sum, term, k) => sum + term * (table[(layer * 9 + k) * 4 + c] as number),
        0,
      );
      const got = irradianceTerms(n).reduce((sum, term, k) => sum + term * (turned[k]?.[c] as number), 0);
      assert.ok(Math.abs(got - expected) < 1e-6, `${layer} ${c}: ${got} instead of ${expected}`);
    }
  }
});

test('every bin of tone, age and sex gets a fair share', () => {
  const { tone, age, sex, descent } = headDiversity({ first: 0, count: 4000, level: 'M2' });
  const fair = (shares: Readonly<Record<string, number>>, slack: number): void => {
    const part = 1 / Object.keys(shares).length;
    for (const [name, share] of Object.entries(shares))
      assert.ok(Math.abs(share - part) < slack * part, `${name}: ${share}, and fair is ${part}`);
  };
  fair(tone, 0.2);
  for (const side of ['face', 'carrier'] as const) {
    fair(age[side], 0.1);
    fair(sex[side], 0.1);
    fair(descent[side], 0.15);
  }
});

test.after(() => people.dispose());
test.run();
