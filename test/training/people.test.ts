/**
 * @file The people of training, judge, tuning and reporting are four sets that share nobody and no photo; every
 * measurement stays inside its own.
 */
import { faceSetSize, faceSets } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import { aboutPeople, builtInWeights, firstOf, type PeopleSet, presets } from '@visage/training';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { albumOf, comparedSwaps, selfSwaps } from '../../packages/training/src/compare/plan/swaps.ts';
import { evaluatedSwaps, galleryOf } from '../../packages/training/src/evaluation/evaluate.ts';

const SETS: readonly PeopleSet[] = ['tuning', 'reporting'];
const MOST_PEOPLE = 1000; // that `visage eval` measures
const MOST_COUPLES = 100;
const MOST_PHOTOS = 64;
const ALBUM = 256;

test('the four sets overlap nowhere, and a 32-bit number names everybody in them', () => {
  const firsts = Object.values(faceSets).sort((a, b) => a - b);
  firsts.forEach((first, k) => {
    const next = firsts[k + 1] ?? 2 ** 32;
    assert.ok(first + faceSetSize <= next, `the set from ${first} on reaches into the one from ${next} on`);
  });
  assert.equal([firstOf.tuning, firstOf.reporting], [faceSets.heldOut, faceSets.reporting]);
});

test('whatever is measured, people and photos are those of the chosen set', () => {
  for (const peopleSet of SETS) {
    const inside = (numbers: Iterable<number>) => {
      const first = firstOf[peopleSet];
      for (const number of numbers) {
        if (number < first || number >= first + faceSetSize) assert.unreachable(`${number} is no ${peopleSet} number`);
      }
    };
    const plan = { couples: MOST_COUPLES, photos: MOST_PHOTOS, people: MOST_PEOPLE, peopleSet };
    const swaps = [evaluatedSwaps(MOST_PEOPLE, firstOf[peopleSet]), comparedSwaps(plan), selfSwaps(plan)];
    for (const numbers of swaps.flatMap((each) => Object.values(each))) inside(numbers);
    for (const numbers of Object.values(albumOf(plan, 2 * MOST_COUPLES - 1, ALBUM))) inside(numbers);
    for (const photo of [0, 1, 2]) {
      for (const numbers of Object.values(galleryOf(MOST_PEOPLE, firstOf[peopleSet], photo))) inside(numbers);
    }
  }
});

test('presets, the identity network and the judge were trained on people of other sets', async () => {
  for (const { name, identities } of presets) assert.ok(identities <= faceSetSize, name);
  for (const which of ['identity', 'judge'] as const) {
    const { command = '' } = (await loadSafetensors(builtInWeights(which))).metadata;
    const people = Number(/--people (\d+)/.exec(command)?.[1]);
    assert.ok(people <= faceSetSize, `${which}: ${command}`);
    assert.is(command.includes('--judge'), which === 'judge', command); // example 03 takes the judge's people with it
  }
});

test('tables say whose people they are of', () => {
  assert.match(aboutPeople('tuning', 50), /^50 tuning people: .*presets were chosen/);
  assert.match(aboutPeople('reporting', 50), /^50 reporting people: .*no setting was chosen/);
});

test.run();
