/** @file What `visage train` makes of a run: Ctrl-C, the summary, and the libraries' errors with flags in them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '@visage/cli';
import { writeFaceFolder } from '@visage/faces/node';
import { RunFolder } from '@visage/training';
import * as assert from 'uvu/assert';
import { trainIn } from '../../packages/cli/src/commands/train.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { micro, microRun } from '../training/microRun.ts';

const { test } = await gpuSuite('visage train');
const folder = mkdtempSync(join(tmpdir(), 'visage-train-'));
const people = join(folder, 'people');
const out = join(folder, 'stopped');
const checkpoint = join(out, 'checkpoint.safetensors');
test.after(() => rmSync(folder, { recursive: true, force: true }));
test.before(async () => {
  await writeFaceFolder(people, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1 });
});

/** What some work printed, on stdout and stderr. */
async function printed(work: () => Promise<void>): Promise<string> {
  const { log } = console;
  const { write } = process.stderr;
  let said = '';
  console.log = (line: string) => {
    said += `${line}\n`;
  };
  process.stderr.write = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  try {
    await work();
  } finally {
    console.log = log;
    process.stderr.write = write;
  }
  return said;
}

const train = (...parameters: string[]): Promise<string> =>
  createProgram()
    .exitOverride()
    .parseAsync(['train', ...parameters], { from: 'user' })
    .then(
      () => 'no error',
      (error: Error) => error.message,
    );

test('Ctrl-C saves and says how to go on', async () => {
  const run = await microRun(people, { steps: 100_000 });
  const interrupt = (event: string | symbol) => {
    if (event !== 'SIGINT') return;
    process.off('newListener', interrupt);
    setTimeout(() => process.emit('SIGINT'), 1);
  };
  process.on('newListener', interrupt); // as soon as the command listens
  const said = await printed(() => trainIn(out, run));
  assert.is(process.listenerCount('SIGINT'), 0, 'the usual Ctrl-C is back');
  assert.match(said, /: 11 people, 33 pictures\n/);
  assert.match(said, /finishing this step and saving; Ctrl-C again ends at once without saving/);
  assert.match(
    said,
    /Stopped after step \d+ of 100000.*Go on with:.*train --resume .*stopped\/checkpoint\.safetensors/s,
  );
});

test('a run that ends with an error says how to go on', async () => {
  const run = await microRun(people, { steps: 5, saveEvery: 100 });
  const steps = run.trainer.run.bind(run.trainer);
  run.trainer.run = async (options) => {
    await steps({ ...options, until: 2 });
    throw new Error('no power');
  };
  const failed = join(folder, 'failed');
  const said = await printed(() =>
    trainIn(failed, run).then(
      () => assert.unreachable('it has no power'),
      (error: Error) => assert.is(error.message, 'no power'),
    ),
  );
  assert.match(said, /saved after step 2; go on with --resume .*failed\/checkpoint\.safetensors/);
});

test('a folder in which somebody trains is refused before anything is built', async () => {
  const taken = join(folder, 'taken');
  const into = await RunFolder.open(taken, await microRun(people));
  assert.match(await train('--out', taken), /taken: another training runs in this folder \(process \d+ on/);
  await into.close();
});

test("the libraries' errors name the flags of the command", async () => {
  assert.match(
    await train('--recipe', 'train-2022', '--preset', 'tiny', '--out', join(folder, 'features')),
    /name its weights with --features \(examples/,
  );
  assert.match(
    await train('--resume', join(folder, 'failed', 'checkpoint.safetensors'), '--steps', '1'),
    /has done 2 of 1 steps already; ask for more with --steps$/,
  );
  const other = join(folder, 'other');
  await writeFaceFolder(other, { identities: 11, imagesPerIdentity: 2, size: micro.imageSize, samples: 1 });
  assert.match(
    await train('--resume', checkpoint, '--data', other),
    /lies now with --data, or .* with --allow-other-data/,
  );
  rmSync(people, { recursive: true });
  assert.match(await train('--resume', checkpoint), /where there is nothing now; name it with --data$/);
});

test.run();
