import { chooseFaces, type Face, type FaceChoice } from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faceAt } from './faces.ts';

const test = suite('which faces are swapped');

/** Four faces from left to right; the third is the largest. */
const faces: readonly Face[] = [40, 50, 90, 60].map((size, k) => faceAt(100 * k, 20, size));

/** The descriptor of person k, `off` away from where all others of that person lie. */
const person = (k: number, off = 0): Float32Array =>
  Float32Array.from({ length: 4 }, (_, i) => (i === k ? 1 : 0) + off / 2);
const descriptors = [person(2, 0.1), person(0), person(3), person(0, 0.2)];

const chosen = (choice: FaceChoice): number[][] =>
  chooseFaces(faces, choice, descriptors).chosen.map(({ face, identity }) => [face, identity]);

test('the largest, all, or faces by number', () => {
  assert.equal(chosen({ faces: 'largest' }), [[2, 0]]);
  assert.equal(
    chosen({ faces: 'all' }),
    [0, 1, 2, 3].map((k) => [k, 0]),
  );
  assert.equal(chosen({ faces: [3, 1, 3] }), [
    [1, 0],
    [3, 0],
  ]);
});

test('a picture without faces has nothing to swap', () => {
  assert.equal(chooseFaces([], { faces: 'largest' }).chosen, []);
  assert.equal(chooseFaces([], { faces: 'all' }).chosen, []);
  assert.equal(chooseFaces([], { people: [person(0)] }), {
    chosen: [],
    missing: [{ person: 0, nearest: Number.POSITIVE_INFINITY }],
  });
  assert.throws(() => chooseFaces([], { faces: [0] }), /shows no face/);
});

test('a face that is not there is an error with the numbers that there are', () => {
  assert.throws(() => chosen({ faces: [1, 4] }), /faces\[1\] is 4, expected an integer from 0 to 3/);
});

test('one person is the one nearest face, also where two are near enough', () => {
  const found = chooseFaces(faces, { people: [person(0)] }, descriptors);
  assert.equal(found, { chosen: [{ face: 1, identity: 0, distance: 0 }], missing: [] });
});

test('people are assigned one to one, each to its identity, and who is not there is named', () => {
  const people = [person(3), person(1), person(2)];
  const found = chooseFaces(faces, { people }, descriptors);
  assert.equal(
    found.chosen.map(({ face, identity }) => [face, identity]),
    [
      [0, 2],
      [2, 0],
    ],
  );
  assert.equal(
    found.missing.map(({ person: who, nearest }) => [who, nearest.toFixed(3)]),
    [[1, Math.sqrt(2).toFixed(3)]],
  );
  assert.equal(chosen({ people: [person(0), person(0)] }), [
    [1, 0],
    [3, 1],
  ]);
});

test('the threshold decides, and all others can get an identity of their own', () => {
  assert.equal(chosen({ people: [person(2)], threshold: 0.15 }), [[0, 0]]);
  assert.equal(chosen({ people: [person(2)], threshold: 0.05 }), []);
  assert.equal(chosen({ people: [person(2)], others: true }), [
    [0, 0],
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
});

test('mistakes in a choice are named', () => {
  const wrong: [unknown, RegExp][] = [
    [{ faces: 'some' }, /faces is 'some', expected 'largest' or 'all'/],
    [{ faces: 3 }, /a list of numbers of faces/],
    [{ people: [person(0)], treshold: 0.5 }, /option 'treshold'/],
    [{ people: [person(0)], threshold: Number.NaN }, /threshold is NaN/],
  ];
  for (const [choice, says] of wrong) assert.throws(() => chosen(choice as FaceChoice), says);
  assert.throws(() => chooseFaces(faces, { people: [person(0)] }), /0 of them, expected 4/);
});

test.run();
