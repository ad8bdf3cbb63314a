/**
 * @file Training on sets of JPEG shards and on folders of JPEG files: shuffled by counter, without the people who are
 * held out, mixed with rendered faces, changed at random, and resumed bit for bit after every folder moved.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shuffledPlace } from '@visage/faces';
import { Linear, readSafetensors, Sgd, seeded } from '@visage/nn';
import { openFaceSet, writeRenderedSet } from '@visage/photos/node';
import { paper } from '@visage/simswap';
import { cast, crossEntropy, grad, record } from '@visage/tensor';
import {
  builtInWeights,
  describeData,
  HeldOutEvaluation,
  loadIdentityNetwork,
  newRun,
  newSettings,
  openDataSet,
  PictureLabels,
  PicturePairs,
  Pictures,
  RunFolder,
  resumedRun,
  splitPeople,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { micro } from './microRun.ts';

const { test } = await gpuSuite('data sets');
const root = mkdtempSync(join(tmpdir(), 'visage-data-sets-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const [PEOPLE, FACES] = [7, 4];
const set = join(root, 'set');
const jpegs = join(root, 'jpegs');
test.before(async () => {
  const size = micro.imageSize;
  await writeRenderedSet(set, { people: PEOPLE, facesPerPerson: FACES, size, level: 'L0', shardBytes: 9000 });
  const faces = await openFaceSet(set);
  for (const person of faces.people) {
    mkdirSync(join(jpegs, person.name), { recursive: true });
    for (const face of person.faces) writeFileSync(join(jpegs, person.name, `${face}.jpg`), await faces.bytes(face));
  }
  await faces.close();
});

test('a shuffle is a permutation, another one in each round', () => {
  const order = (count: number, round: number) =>
    Array.from({ length: count }, (_, k) => shuffledPlace(k, count, 5, 6, round));
  for (const count of [1, 2, 3, 7, 64, 1000])
    assert.equal(
      order(count, 0).sort((a, b) => a - b),
      Array.from({ length: count }, (_, k) => k),
    );
  assert.not.equal(order(64, 0), order(64, 1));
  assert.equal(order(64, 1), order(64, 1));
  assert.throws(() => shuffledPlace(3, 3, 0, 0, 0), /shuffledPlace.*position/);
});

/** Pairs of a set that write down which faces are asked for. */
async function watched(folder: string, batchSize: number) {
  const data = await openDataSet(folder);
  const split = splitPeople(data, 2);
  const pictures = new Pictures(data, micro.imageSize);
  const asked: number[] = [];
  const bytes = pictures.bytes.bind(pictures);
  pictures.bytes = (face) => {
    asked.push(face);
    return bytes(face);
  };
  return {
    data,
    split,
    pictures,
    asked,
    pairs: new PicturePairs({ people: split.trained, pictures, batchSize, seed: 3 }),
  };
}

test('every person is a target before anybody is again, with all faces in turn, and held-out people never are', async () => {
  for (const folder of [set, jpegs]) {
    const { split, asked, pairs } = await watched(folder, 1);
    const people = split.trained.length;
    assert.is(people, PEOPLE - 2);
    const owner = new Map(
      split.trained.flatMap(({ name, faces }) => Array.from(faces, (face) => [face, name] as const)),
    );
    const targets: number[] = [];
    for (let step = 0; step < people * FACES; step++) {
      asked.length = 0;
      await pairs.read(step % 2 === 0 ? 'same' : 'cross', step);
      assert.is(asked.length, 2);
      for (const face of asked) assert.ok(owner.has(face), `face ${face} is held out`);
      const [target, source] = asked as [number, number];
      assert.is(owner.get(target) === owner.get(source), step % 2 === 0);
      assert.is.not(target, source);
      targets.push(target);
    }
    for (let turn = 0; turn < FACES; turn++) {
      const names = targets.slice(turn * people, (turn + 1) * people).map((face) => owner.get(face));
      assert.is(new Set(names).size, people, 'everybody once');
    }
    assert.is(new Set(targets).size, people * FACES, 'every face once');
  }
});

test('the same people are held out whenever the set is opened; people that are gone are said', async () => {
  const data = await openDataSet(set);
  const names = splitPeople(data, 2).heldOut.map(({ name }) => name);
  assert.equal(
    splitPeople(await openDataSet(jpegs), 50).heldOut.map(({ name }) => name),
    names,
    'at most a fifth, or two',
  );
  assert.equal(
    splitPeople(data, 1, names).heldOut.map(({ name }) => name),
    names,
  );
  assert.throws(() => splitPeople(data, 2, ['nobody']), /lacks 1 of the people who are held out/);
});

test('a broken face of a set is told once by its place, and another face of the person stands in for it', async () => {
  const copy = join(root, 'broken');
  cpSync(set, copy, { recursive: true });
  const data = await openDataSet(copy);
  const [person] = splitPeople(data, 2).trained;
  const { file, offset = 0 } = data.place(person?.faces[1] as number);
  writeSync(openSync(file, 'r+'), new Uint8Array(40), 0, 40, offset);
  const { pictures, pairs, asked } = await watched(copy, 5);
  const told: string[] = [];
  pictures.onBad = ({ name, reason }) => told.push(`${name}: ${reason}`);
  for (let step = 0; step < 8; step++) await pairs.read('same', step);
  assert.is(told.length, 1, told.join());
  assert.match(told[0] as string, /faces-0000\d\.jpgs, byte \d+: cannot be decoded/);
  assert.ok(asked.length > 80, 'somebody stood in');
});

const ALL_CHANGES = {
  'pictures.flip': 0.5,
  'pictures.color.strength': 0.2,
  'pictures.blur.strength': 1,
  'pictures.jpeg.strength': 50,
};

function mixedRun(folders: readonly string[], steps: number) {
  const data = [...folders.map((folder) => ({ folder, weight: 2 })), { folder: null, weight: 1 }];
  const levels = [
    { level: 'L1', weight: 3 },
    { level: 'L0', weight: 1 },
  ] as const;
  const settings = newSettings({ ...micro, steps }, paper, { data, levels, set: ALL_CHANGES });
  return newRun(settings, builtInWeights('identity'));
}

const checkpointIn = (out: string): string => join(out, 'checkpoint.safetensors');
const tensorsIn = (out: string) => readSafetensors(readFileSync(checkpointIn(out))).tensors;

test('a mix of a set, a folder and rendered faces goes on bit for bit after both moved to other places', async () => {
  const [mySet, myFolder] = [join(root, 'a', 'set'), join(root, 'a', 'jpegs')];
  cpSync(set, mySet, { recursive: true });
  cpSync(jpegs, myFolder, { recursive: true });
  const [through, parts] = [join(root, 'through'), join(root, 'parts')];
  const run = await mixedRun([mySet, myFolder], 6);
  assert.match(
    describeData(run.settings),
    /a.set \(40 %\), .*a.jpegs \(40 %\), rendered at L1 \(15 %\), rendered at L0 \(5 %\)/,
  );
  assert.is(run.settings.level, 'L0', 'samples and measurements keep the level of the preset');
  const outcome = await (await RunFolder.open(through, run)).train();
  assert.ok(outcome.scores, 'measured on rendered people');
  assert.is(outcome.photos?.people, 2, 'and on held-out people of the set');
  for (const value of Object.values(outcome.photos?.scores ?? { none: Number.NaN })) assert.ok(Number.isFinite(value));

  const stopped = await RunFolder.open(parts, await mixedRun([mySet, myFolder], 6));
  const { finished } = await stopped.train({ onStep: ({ step }) => step === 2 && stopped.stop() });
  assert.not(finished);
  const [setNow, folderNow] = [join(root, 'b', 'x'), join(root, 'b', 'y')];
  mkdirSync(join(root, 'b'));
  renameSync(mySet, setNow);
  renameSync(myFolder, folderNow);
  const again = await resumedRun(checkpointIn(parts), { folders: [folderNow, setNow] }); // in any order
  assert.equal(
    again.settings.data.map(({ folder }) => folder),
    [setNow, folderNow, null],
  );
  await (await RunFolder.open(parts, again)).train();
  const [a, b] = [tensorsIn(through), tensorsIn(parts)];
  assert.equal([...a.keys()], [...b.keys()]);
  for (const [name, tensor] of a)
    assert.ok(Buffer.from(tensor.host().buffer).equals(Buffer.from((b.get(name) ?? tensor).host().buffer)), name);
  await resumedRun(checkpointIn(parts), { steps: 7, folders: [setNow, folderNow, jpegs] }).then(
    () => assert.unreachable(),
    ({ message }: Error) => assert.match(message, /was trained on 2 data sets and cannot go on with/),
  );
});

test('labelled faces carry the number of their person, everybody in turn, and a classifier learns from them', async () => {
  const data = await openDataSet(set);
  const pictures = new Pictures(data, micro.imageSize);
  const labelled = new PictureLabels({ people: data.people, pictures, batchSize: PEOPLE, seed: 3 });
  const step = record(() => {
    const { images, labels } = labelled.batch();
    return [images.mul(1), cast(labels, 'f32')] as const;
  });
  const bytes = new Map<string, number>();
  for (const [label, { faces }] of data.people.entries())
    for (const face of Array.from(faces)) bytes.set(String(await pictures.bytes(face)), label);
  for (let k = 0; k < FACES; k++) {
    await labelled.load(k);
    const [faces] = step.run();
    const values = await faces.floats();
    const each = values.length / PEOPLE;
    const seen = Array.from({ length: PEOPLE }, (_, row) =>
      bytes.get(String(Uint8Array.from(values.subarray(row * each, (row + 1) * each), (x) => Math.round(255 * x)))),
    );
    assert.is(new Set(seen).size, PEOPLE, 'everybody once a batch');
    assert.equal(seen, [...(await step.result[1].floats())]);
  }
  step.dispose();
  const classifier = seeded(1, () => new Linear(micro.imageSize ** 2 * 3, PEOPLE));
  const optimizer = new Sgd(classifier.namedParameters(), { learningRate: 0.01, momentum: 0.9 });
  const learning = record(() => {
    const { images, labels } = labelled.batch();
    const loss = crossEntropy(classifier.forward(images.reshape([PEOPLE, -1])), labels);
    optimizer.step(grad(loss, optimizer.parameters));
    return loss;
  });
  for (let k = 0; k < 60; k++) {
    await labelled.load(k);
    learning.run();
  }
  const loss = await learning.result.item();
  assert.ok(loss < 0.6 * Math.log(PEOPLE), String(loss));
  for (const owned of [learning, optimizer]) owned.dispose();
  labelled.dispose();
});

test('held-out photographs: copies of targets leak, copies of sources do not, photographs score what the judge can', async () => {
  const data = await openDataSet(set);
  const judge = await loadIdentityNetwork(builtInWeights('judge'));
  const pictures = new Pictures(data, micro.imageSize);
  const evaluation = await HeldOutEvaluation.prepare({ judge, people: data.people, pictures });
  assert.is(evaluation?.people, PEOPLE);
  const { copyTarget, copySource, photo } = evaluation?.references ?? {};
  assert.equal([copyTarget?.leak, copyTarget?.l1, copySource?.leak], [1, 0, 0]);
  assert.ok((photo?.top1 ?? 0) > 0.6, `the judge knows rendered people: ${photo?.top1}`);
  assert.ok((photo?.margin ?? 0) > 0.1 && (copyTarget?.top1 ?? 1) < 0.2);
  assert.is(await HeldOutEvaluation.prepare({ judge, people: data.people.slice(0, 1), pictures }), undefined);
});

test.run();
