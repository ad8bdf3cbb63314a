/**
 * @file A run that meets an error saves what it has first, and a run whose data moved, or is other data now, is told
 * apart.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { writeFaceFolder } from '@visage/faces/node';
import { OutOfMemoryError } from '@visage/gpu';
import { loadSafetensors } from '@visage/nn/node';
import { readCheckpointHeader } from '@visage/simswap';
import { type ResumeChanges, RunFolder, readLog, resumedRun, type TrainingRun } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { micro, microRun } from './microRun.ts';

const { test } = await gpuSuite('runs that survive');
const folder = mkdtempSync(join(tmpdir(), 'visage-survives-'));
const people = join(folder, 'people');
test.after(() => rmSync(folder, { recursive: true, force: true }));
test.before(async () => {
  await writeFaceFolder(people, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1 });
});

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );
const checkpointIn = (out: string) => join(out, 'checkpoint.safetensors');
const savedStep = async (out: string) => readCheckpointHeader(await loadSafetensors(checkpointIn(out))).step;
const stepsIn = (out: string) =>
  readLog(join(out, 'log.jsonl')).flatMap(({ event, step }) => (event === 'step' ? [step] : []));
const warningsIn = (out: string) =>
  readLog(join(out, 'log.jsonl')).flatMap(({ event, note }) => (event === 'warning' ? [note] : []));
const upTo = (last: number) => Array.from({ length: last }, (_, k) => k + 1);

async function train(out: string, run: TrainingRun) {
  return (await RunFolder.open(out, run)).train();
}

/** Does something whenever a run makes a checkpoint, before the trainer is asked for it. */
function beforeCheckpoint({ trainer }: TrainingRun, work: (notes: { finished?: boolean }) => void): void {
  const snapshot = trainer.snapshot.bind(trainer);
  trainer.snapshot = async (notes) => {
    work(notes as { finished?: boolean });
    return snapshot(notes);
  };
}

test('the lines of all steps are on the disk before a checkpoint speaks of them', async () => {
  const out = join(folder, 'order');
  const run = await microRun(people, { steps: 7 });
  const saves: number[] = [];
  beforeCheckpoint(run, () => {
    saves.push(run.trainer.step);
    assert.equal(stepsIn(out), upTo(run.trainer.step));
  });
  await train(out, run);
  assert.equal(saves, [3, 6, 7, 7]);
});

test('a sample that cannot be written ends the run, and the steps so far are saved', async () => {
  const out = join(folder, 'no-room');
  mkdirSync(join(out, 'samples', 'step-0000004.png', 'in the way'), { recursive: true });
  assert.match(await messageOf(train(out, await microRun(people))), /step-0000004\.png: cannot be written/);
  assert.is(await savedStep(out), 4);
  assert.equal(stepsIn(out), upTo(4));
});

test('a loss that is not finite ends the run, and the last good checkpoint stays', async () => {
  const out = join(folder, 'not-finite');
  const run = await microRun(people);
  let poisoned = false;
  run.trainer.snapshot = new Proxy(run.trainer.snapshot, {
    apply: async (snapshot, trainer, notes) => {
      const content = await Reflect.apply(snapshot, trainer, notes);
      const [, weight] = [...run.trainer.generator.namedParameters()][0] as [
        string,
        { size: number; write(data: Float32Array): void },
      ];
      if (!poisoned) weight.write(new Float32Array(weight.size).fill(Number.NaN));
      poisoned = true;
      return content;
    },
  });
  assert.match(await messageOf(train(out, run)), /loss became NaN at step 4/);
  assert.is(await savedStep(out), 3);
  assert.is((await resumedRun(checkpointIn(out))).trainer.step, 3);
});

test('without memory for a copy of the state the training waits for each save, and says so', async () => {
  const run = await microRun(people, { steps: 4 });
  const [through, out] = [join(folder, 'copied'), join(folder, 'uncopied')];
  await train(through, await microRun(people, { steps: 4 }));
  const snapshot = run.trainer.snapshot.bind(run.trainer);
  run.trainer.snapshot = async (notes, copied = true) => {
    if (copied) throw new OutOfMemoryError('no room');
    return snapshot(notes, false);
  };
  const notes: string[] = [];
  await (await RunFolder.open(out, run)).train({ onNote: (line) => notes.push(line) });
  assert.ok(notes.some((line) => /no memory for a copy of the state/.test(line)));
  const [a, b] = [await loadSafetensors(checkpointIn(through)), await loadSafetensors(checkpointIn(out))];
  for (const [name, { bytes }] of a.tensors) assert.equal(b.tensors.get(name)?.bytes, bytes, name);
});

test('a checkpoint that cannot be written ends the run', async () => {
  const out = join(folder, 'unwritten');
  const run = await microRun(people, { steps: 9 });
  beforeCheckpoint(run, () => mkdirSync(join(out, 'checkpoint.safetensors.visage-part'), { recursive: true }));
  assert.match(await messageOf(train(out, run)), /checkpoint\.safetensors: cannot be written/);
  assert.ok(run.trainer.step < 9, `stopped at step ${run.trainer.step}`);
});

test('when too few pictures are left, the run says so and is saved', async () => {
  const ahead = 7; // steps whose pictures are decoded already
  const out = join(folder, 'vanished');
  const run = await microRun(people);
  beforeCheckpoint(run, () => {
    for (const { pictures } of run.dataSets) pictures.bytes = async () => undefined;
  });
  assert.match(
    await messageOf(train(out, run)),
    /^data set: (nobody has two|fewer than two people have a) good picture/,
  );
  assert.is(await savedStep(out), 3 + ahead);
  assert.equal(stepsIn(out), upTo(3 + ahead));
  assert.match(String(warningsIn(out)), /the run ended with an error: data set/);
  assert.is((await train(out, await resumedRun(checkpointIn(out), { steps: 4 + ahead }))).step, 4 + ahead);
});

test('a run that ended behind its last checkpoint is resumed to write the rest, and then is finished', async () => {
  const out = join(folder, 'last');
  const run = await microRun(people, { steps: 3 });
  beforeCheckpoint(run, ({ finished }) => {
    if (finished) throw new Error('killed');
  });
  assert.is(await messageOf(train(out, run)), 'killed');
  rmSync(join(out, 'swap.png'));
  const outcome = await train(out, await resumedRun(checkpointIn(out)));
  assert.ok(outcome.finished);
  assert.ok(existsSync(join(out, 'swap.png')));
  assert.equal(stepsIn(out), upTo(3));
  assert.match(await messageOf(resumedRun(checkpointIn(out))), /has done 3 of 3 steps already/);
});

test('data that moved is known again, beside the run or where it is said to be; other data is refused, but on purpose', async () => {
  const place = join(folder, 'here');
  cpSync(people, join(place, 'set'), { recursive: true });
  await train(join(place, 'run'), await microRun(relative('.', join(place, 'set')), { steps: 2 }));
  const moved = join(folder, 'there');
  renameSync(place, moved);
  const path = checkpointIn(join(moved, 'run'));
  const resume = (changes: ResumeChanges) => resumedRun(path, { steps: 3, ...changes });
  assert.is((await resume({})).settings.data[0]?.folder, join(moved, 'set'), 'moved together');

  renameSync(join(moved, 'set'), join(folder, 'set elsewhere'));
  assert.match(
    await messageOf(resume({})),
    /its data set lay in .*set, where there is nothing now; name it with `folders`/,
  );
  assert.is((await resume({ folders: [join(folder, 'set elsewhere')] })).trainer.step, 2);

  const other = join(moved, 'set');
  await writeFaceFolder(other, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1, seed: 5 });
  assert.match(
    await messageOf(resume({})),
    /is not the data set that .* was trained on: 11 people, 33 pictures, but others/,
  );
  rmSync(join(other, '0000010'), { recursive: true });
  assert.match(
    await messageOf(resume({})),
    /10 people, 30 pictures, against 11 people, 33 pictures\..*`allowOtherData`/,
  );
  await train(join(moved, 'run'), await resume({ allowOtherData: true }));
  assert.match(String(warningsIn(join(moved, 'run'))), /the data set changed here: before, 11 people, 33 pictures/);
  assert.is((await resumedRun(path, { steps: 4 })).trainer.step, 3, 'from now on these are its data');
});

test('one changed byte in a picture of the same size is other data', async () => {
  const out = join(folder, 'byte');
  const mine = join(folder, 'one byte');
  cpSync(people, mine, { recursive: true });
  await train(out, await microRun(mine, { steps: 1 }));
  const person = readdirSync(mine)[2] as string;
  const picture = join(mine, person, readdirSync(join(mine, person))[0] as string);
  const { size } = statSync(picture);
  const bytes = readFileSync(picture);
  bytes[size >> 1] = (bytes[size >> 1] as number) ^ 1;
  writeFileSync(picture, bytes);
  assert.match(await messageOf(resumedRun(checkpointIn(out), { steps: 2 })), /11 people, 33 pictures, but others/);
});

test.run();
