/** @file What networks learn from mesh heads: points, classes, and the labels of pose, expression, gaze and light. */
import {
  describeHead,
  equalErrorRate,
  FaceSampler,
  type FactorSplit,
  faceSets,
  landmarkNames,
  landmarksFrom68,
  landmarksOf,
  materialNames,
  renderFaces,
  renderHeadLabels,
  renderHeadLandmarks,
} from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { currentGpu } from '@visage/gpu';
import {
  embedPhotos,
  type IdentityNetwork,
  ibugPoints,
  type LabelledData,
  namedPoints,
  ProceduralMaps,
  ProceduralPoints,
  type ReaderStage,
} from '@visage/simswap';
import { newReaderRun, newReaderSettings, type ReaderName, readerKinds, readerPresetFor } from '@visage/training';
import * as assert from 'uvu/assert';
import { attributeErrors, labelSpread, labelsOf } from '../../packages/training/src/compare/attributes/labels.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('what networks learn from mesh heads');
const size = 48;
const faces = { people: 8, imageSize: size, batchSize: 4, seed: 3 };

/** The labels of the first step. */
async function labelsIn(source: LabelledData): Promise<Float32Array> {
  await source.load(0);
  const labels = await source.batch().labels.floats();
  source.dispose();
  return labels;
}

test('landmarks alone are those among all labels', async () => {
  await loadHeads();
  const shown = { identities: Uint32Array.of(1, 2), attributes: Uint32Array.of(3, 4), size, level: 'M2' } as const;
  assert.equal(await renderHeadLandmarks(shown).floats(), await renderHeadLabels(shown).landmarks.floats());
  assert.throws(() => renderHeadLandmarks({ ...shown, level: 'L1' }), /renderHeadLandmarks.*level.*landmarksOf/s);
});

test('mirrored points of a head that looks ahead are its points mirrored', async () => {
  const points = await labelsIn(new ProceduralPoints({ ...faces, batchSize: 8, level: 'M0' }, ibugPoints));
  assert.equal(
    [...ibugPoints.mirror].map((k) => ibugPoints.mirror[k]),
    [...ibugPoints.mirror.keys()],
  );
  for (let face = 0; face < 8; face++) {
    const x = (k: number) => points[136 * face + 2 * k]!;
    const y = (k: number) => points[136 * face + 2 * k + 1]!;
    const middle = (x(27) + x(8)) / 2;
    for (const [k, other] of ibugPoints.mirror.entries()) {
      assert.ok(Math.abs(x(k) + x(other) - 2 * middle) < 0.04, `face ${face}, points ${k} and ${other} across`);
      assert.ok(Math.abs(y(k) - y(other)) < 0.03, `face ${face}, points ${k} and ${other} up and down`);
    }
  }
  assert.equal(
    Object.values(ibugPoints.groups).flat(),
    Array.from({ length: 68 }, (_, k) => k),
  );
});

test('the eight named points are means of the 68, also in a mix with procedural faces', async () => {
  const all = await labelsIn(new ProceduralPoints({ ...faces, level: 'M1' }, ibugPoints));
  const named = await labelsIn(new ProceduralPoints({ ...faces, level: 'M1' }));
  const expected = (face: number) => {
    const points = landmarksFrom68(all.subarray(136 * face, 136 * (face + 1)));
    return landmarkNames.flatMap((name) => [points[name].x, points[name].y]);
  };
  const near = (a: ArrayLike<number>, b: readonly number[]) =>
    b.forEach((value, k) => void assert.ok(Math.abs(a[k]! - value) < 1e-5, `${a[k]} and ${value}`));
  for (let face = 0; face < 4; face++) near(named.subarray(16 * face, 16 * (face + 1)), expected(face));
  const level = [
    { level: 'L1', weight: 1 },
    { level: 'M1', weight: 1 },
  ] as const;
  const mixed = new ProceduralPoints({ ...faces, level });
  const labels = await labelsIn(mixed);
  near(labels.subarray(48), expected(3));
  const first = landmarksOf({ identity: 0, attributes: 0, level: 'L1' }, 1);
  assert.is(labels.length, 4 * 2 * Object.keys(first).length);
  assert.throws(() => new ProceduralPoints({ ...faces, level }, ibugPoints), /'L1', whose faces have 8 points/);
});

test('maps of mesh heads hold classes, and skin is the most frequent in the middle', async () => {
  const map = await labelsIn(new ProceduralMaps({ ...faces, level: 'M1' }));
  assert.is(map.length, 4 * size * size);
  assert.ok(map.every((value) => Number.isInteger(value) && value >= 0 && value < materialNames.length));
  const counts = materialNames.map(
    (_, number) => map.filter((value, k) => value === number && Math.abs((k % size) - size / 2) < size / 4).length,
  );
  assert.is(materialNames[counts.indexOf(Math.max(...counts))], 'skin');
});

const settingsOf = (reader: ReaderName, level: 'L0' | 'M1', network: Readonly<Record<string, unknown>>) => {
  const preset = readerPresetFor(readerKinds[reader], 'tiny', currentGpu());
  const stages = preset.stages.map((stage) => ({ ...stage, steps: 2, batchSize: 4 }));
  const few = { imageSize: 32, people: 8, heldOut: 4, stages, levels: [{ level, weight: 1 }] };
  return newReaderSettings(reader, preset, { ...few, network });
};

test('networks of landmarks and classes train on mesh heads and are measured on them', async () => {
  const sizes = { channels: 4, halvings: 2 };
  const points = { ...sizes, inputSize: 32 };
  for (const [reader, network] of [['landmarks', points] as const, ['parsing', sizes] as const]) {
    const { parts, trainer } = await newReaderRun(settingsOf(reader, 'M1', network));
    await trainer.run({ until: 2, onStep: ({ loss }) => assert.ok(Number.isFinite(loss) && loss > 0) });
    const figures = await parts.measure(parts.task.network.eval(), 'reporting');
    for (const [name, value] of Object.entries(figures)) assert.ok(value >= 0 && value < 10, `${name} ${value}`);
    const groups = ['mean error', ...Object.keys(ibugPoints.groups).map((name) => `error ${name}`)];
    if (reader === 'landmarks') assert.equal(Object.keys(figures), groups);
    trainer.dispose();
  }
  const pointsOf = (level: 'L0' | 'M1', network = {}) =>
    (settingsOf('landmarks', level, network).network as { readonly points: number }).points;
  assert.is(pointsOf('M1'), 68);
  assert.is(pointsOf('L0'), namedPoints.count);
  assert.is(pointsOf('M1', { points: 8 }), 8);
  const lacking = newReaderRun(settingsOf('landmarks', 'M1', { ...points, points: 9 }));
  const message = await lacking.then(
    () => 'no error',
    (error: Error) => error.message,
  );
  assert.match(message, /points.*9.*8 or 68/s);
});

test('an identity network learns from whole people and is measured on them', async () => {
  const network = { layers: [1, 1, 1, 1], width: 1 / 16, embedding: 16, inputSize: 32 };
  const settings = { ...settingsOf('identity', 'M1', network), factorSplit: 'whole', heldOut: 12 } as const;
  const { parts, trainer } = await newReaderRun(settings);
  const source = parts.data(settings.stages[0] as ReaderStage);
  await source.load(0);
  const { images, labels } = source.batch();
  const identities = Uint32Array.from(await labels.data());
  const { attributes } = new FaceSampler({ identities: 8, seed: settings.seed }).labelled(0, 4);
  const shown = { identities, attributes, size: 32, level: 'M1', factorSplit: 'whole' } as const;
  assert.equal(await images.floats(), await renderFaces(shown).floats());
  source.dispose();

  const reader = parts.task.network.eval() as IdentityNetwork;
  const first = faceSets.reporting;
  const photos = {
    people: 12,
    photos: 6,
    firstIdentity: first,
    firstAttributes: first,
    level: 'M1',
    imageSize: 32,
  } as const;
  const rateOf = async (factorSplit: FactorSplit): Promise<number> => {
    const found = await embedPhotos({ ...photos, factorSplit }, (faces) => reader.embed(faces));
    return equalErrorRate({ values: found.values, size: 16 }, found.labels).rate;
  };
  const { EER } = await parts.measure(reader, 'reporting');
  assert.is(EER, await rateOf('whole'));
  assert.is.not(EER, await rateOf('swap'));
  trainer.dispose();
});

test('labels of heads say what describeHead says, and light counts where there is a key', () => {
  const keys = Array.from({ length: 60 }, (_, k) => ({ identity: k, attributes: k, level: 'M2' }) as const);
  const rows = keys.map(labelsOf);
  for (const [k, row] of rows.entries()) {
    const { pose, gaze, light, expression } = describeHead(keys[k]!);
    assert.equal(row.slice(0, 3), [pose.yaw, pose.pitch, pose.roll]);
    assert.equal(row.slice(7, 10), [gaze.side, gaze.up, gaze.crossing]);
    assert.is(row[3], expression['mouth-open'] ?? 0);
    assert.is(row[4], expression['mouth-corner-puller'] ?? 0);
    assert.equal(row.slice(10), light.color[0] > 0 ? light.direction : [0, 0, 0]);
  }
  assert.equal(labelsOf({ ...keys[3]!, identity: 99 }), rows[3]);
  const dark = rows.filter((row) => row[12] === 0 && row[10] === 0);
  assert.ok(dark.length > 5 && dark.length < 30, `${dark.length} of 60 have no key light`);
  const spread = labelSpread(rows);
  assert.ok(
    spread.deviation.slice(0, 9).every((value) => value > 0.01),
    spread.deviation.join(),
  );
  const away = rows.map((row) => row.map((value, k) => (k < 10 ? value : -value || 1)));
  assert.ok(Math.abs(attributeErrors(away, rows, spread).light - 180) < 1e-3);
  assert.ok(Number.isNaN(attributeErrors(dark, dark, spread).light));
});

test.run();
