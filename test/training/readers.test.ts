/**
 * @file Trainings of networks that read faces, in folders: resumed bit for bit, weights that load, figures, and
 * trainings that begin with weights.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentGpu } from '@visage/gpu';
import { loadSafetensors } from '@visage/nn/node';
import { noChanges, parseStage, type ReaderStage, type ReaderState } from '@visage/simswap';
import {
  describeChanges,
  hasMargins,
  loadIdentityNetwork,
  newReaderRun,
  newReaderSettings,
  ReaderFolder,
  type ReaderName,
  type ReaderPreset,
  type ReaderRunChanges,
  readerKinds,
  readerNames,
  readerPresetFor,
  readLog,
  resumedReaderRun,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { readerNotes, resumedReaderSettings } from '../../packages/training/src/readers/settings.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('trainings of readers');
const folder = mkdtempSync(join(tmpdir(), 'visage-readers-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const SMALL: Readonly<Record<ReaderName, Readonly<Record<string, unknown>>>> = {
  identity: { layers: [1, 1, 1, 1], width: 1 / 16, embedding: 16, inputSize: 32 },
  judge: { layers: [1, 1, 1, 1], width: 1 / 16, embedding: 16, inputSize: 32 },
  parsing: { channels: 4, halvings: 2 },
  landmarks: { channels: 4, halvings: 2, inputSize: 32 },
};

/** Settings of a training of seconds. */
function settingsOf(reader: ReaderName, stage = 'steps=4,batchSize=4', changes: ReaderRunChanges = {}) {
  const preset: ReaderPreset = readerPresetFor(readerKinds[reader], 'tiny', currentGpu());
  const stages = [parseStage(stage, preset.stages[0] as ReaderStage, hasMargins(reader))];
  const few = { imageSize: 32, people: 8, heldOut: 4, evaluateEvery: 100, saveEvery: 2 };
  return newReaderSettings(reader, preset, { ...few, stages, network: SMALL[reader], ...changes });
}

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

test('a report names the changes that occur', () => {
  assert.is(describeChanges(noChanges), 'none');
  const [shrink, noise] = [
    { probability: 0.25, strength: 4 },
    { probability: 0, strength: 0.1 },
  ];
  assert.is(describeChanges({ ...noChanges, flip: 0.5, shrink, noise }), 'flip (50 %), shrink 4 (25 %)');
});

test('each kind of reader trains into a folder, with figures and weights', async () => {
  for (const reader of readerNames) {
    const out = join(folder, reader);
    const outcome = await (await ReaderFolder.open(out, await newReaderRun(settingsOf(reader)))).train();
    assert.ok(outcome.finished, reader);
    assert.is(outcome.peopleSet, 'reporting');
    for (const [name, value] of Object.entries(outcome.scores ?? {}))
      assert.ok(Number.isFinite(value) && value >= 0, `${reader}: ${name} ${value}`);
    assert.ok(Object.keys(outcome.scores ?? {}).length > 0, reader);
    const events = readLog(join(out, 'log.jsonl')).map(({ event }) => event);
    assert.equal(events, ['settings', 'step', 'step', 'step', 'step', 'measure', 'report']);
    const { metadata } = await loadSafetensors(outcome.weights);
    assert.is(metadata.architecture, readerKinds[reader].architecture);
    assert.is(JSON.parse(metadata.trained ?? '').step, 4);
    assert.match(readFileSync(join(out, 'index.html'), 'utf8'), /4 of 4 steps/);
  }
  const network = await loadIdentityNetwork(join(folder, 'judge', 'judge.safetensors'));
  assert.is(network.config.kind, 'iresnet');
});

test('a training that was stopped goes on to the same bits', async () => {
  const [through, stopped] = [join(folder, 'identity'), join(folder, 'stopped')];
  const run = await newReaderRun(settingsOf('identity'));
  const into = await ReaderFolder.open(stopped, run);
  const first = await into.train({ onStep: ({ step }) => step === 2 && into.stop() });
  assert.not.ok(first.finished);
  const again = await resumedReaderRun(first.checkpoint, 'identity');
  assert.is(again.trainer.step, first.step);
  await (await ReaderFolder.open(stopped, again)).train();
  const [a, b] = await Promise.all(
    [through, stopped].map((out) => loadSafetensors(join(out, 'checkpoint.safetensors'))),
  );
  for (const [name, { bytes }] of (a as NonNullable<typeof a>).tensors)
    assert.equal(b?.tensors.get(name)?.bytes, bytes, name);
  assert.match(await messageOf(resumedReaderRun(first.checkpoint, 'identity')), /is finished/);
  assert.match(
    await messageOf(resumedReaderRun(first.checkpoint, 'parsing')),
    /of a training of identity, not of parsing/,
  );
});

test('a checkpoint says what people keep and how many pictures are grey; one of before there was a choice is read', () => {
  const all = settingsOf('identity', undefined, { factorSplit: 'whole', changes: { ...noChanges, grey: 0.2 } });
  const stored = JSON.parse(JSON.stringify(readerNotes(all)));
  const read = (notes: unknown) => resumedReaderSettings({ config: all.network, notes } as ReaderState, 'x');
  assert.equal(read(stored), all);
  const { factorSplit: _, ...older } = stored;
  const { grey: __, ...changes } = stored.changes;
  assert.equal(read({ ...older, changes }), { ...all, factorSplit: 'swap', changes: noChanges });
  assert.throws(() => read({ ...stored, factorSplit: 'face' }), /x: .*notes have no factorSplit/);
  assert.throws(() => read({ ...stored, changes: null }), /changes\.flip is missing/);
});

test('a likeness loss is refused of photographs and of procedural faces, whose shapes are not known', async () => {
  const refusal = (changes: ReaderRunChanges = {}) =>
    messageOf(newReaderRun(settingsOf('identity', 'steps=4,batchSize=4,likeness=1', changes)));
  assert.match(
    await refusal({ folder: 'x' }),
    /identity: .*`likeness`.*`folder` names photographs; leave `folder` out/,
  );
  assert.match(await refusal(), /identity: .*`likeness`.*faces of L0 are not known; take `levels` of M0 to M4/);
  const mixed = [
    { level: 'M2', weight: 1 },
    { level: 'L1', weight: 1 },
  ] as const;
  assert.match(await refusal({ levels: mixed }), /faces of L1 are not known/);
  assert.throws(() => settingsOf('parsing', 'likeness=1'), /stage.*'likeness'.*one of steps/s);
  assert.throws(() => settingsOf('identity', 'mixStyle=2'), /mixStyle.*2.*from 0 to 1/s);
});

test('a stage of a checkpoint from before there was a likeness loss has none', () => {
  const all = settingsOf('identity');
  const stored = JSON.parse(JSON.stringify(readerNotes(all)));
  const { likeness, mixStyle, ...older } = stored.stages[0];
  assert.equal([likeness, mixStyle], [0, 0]);
  const notes = { ...stored, stages: [older] };
  assert.equal(resumedReaderSettings({ config: all.network, notes } as ReaderState, 'x'), all);
});

test('whole people are refused where nobody is told apart, of photographs and of procedural faces', async () => {
  const refusal = (reader: ReaderName, changes: ReaderRunChanges = {}) =>
    messageOf(newReaderRun(settingsOf(reader, undefined, { ...changes, factorSplit: 'whole' })));
  assert.match(await refusal('parsing'), /parsing: `factorSplit` .* does not tell people apart/);
  assert.match(await refusal('judge', { folder: 'x' }), /judge: `factorSplit` .*`folder` names photographs/);
  assert.match(await refusal('identity'), /identity: `factorSplit` .*faces of L0 have no choice; take `levels` of M0/);
});

test('a training begins with weights, whose sizes stay', async () => {
  const weights = join(folder, 'identity', 'identity.safetensors');
  const wide = settingsOf('identity', 'steps=2,batchSize=4', { network: { ...SMALL.identity, embedding: 99 } });
  const run = await newReaderRun(wide, weights);
  assert.is((run.settings.network as { embedding: number }).embedding, 16);
  const file = await loadSafetensors(weights);
  const [name, tensor] = [...run.parts.task.network.namedParameters()].at(-1) as [
    string,
    { floats(): Promise<Float32Array> },
  ];
  assert.equal(await tensor.floats(), file.tensors.get(name)?.weights('f32'));
  assert.match(
    await messageOf(newReaderRun(settingsOf('parsing'), weights)),
    /names 'identity', expected the weights of a parsing/,
  );
  assert.match(
    await messageOf(newReaderRun(settingsOf('parsing', undefined, { folder: 'x' }))),
    /rendered faces alone/,
  );
});

test.run();
