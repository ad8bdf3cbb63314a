/** Every example runs to its end, in an empty folder, at sizes that only show that it works. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGpu } from '@visage/gpu/node';
import { saveFile } from '@visage/nn/node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tinyTrainer } from '../helpers/tinySwapper.ts';

const register = new URL('../../scripts/register.mjs', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'visage-examples-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Runs an example in the empty folder and returns what it printed; it must end with status 0. */
function run(example: string, ...parameters: string[]): string {
  const file = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', register, file, ...parameters], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
  });
  assert.is(status, 0, `${example} ended with ${status}\n${stderr}`);
  return stdout;
}

const picture = (name: string) => assert.ok(existsSync(join(folder, 'out/examples', name)), `${name} was written`);

test('01: tensors and gradients', () => {
  const said = run('01-tensors-and-gradients.ts');
  assert.match(said, /Computing on/);
  assert.not.match(said, /NaN/);
});

test('03: an identity network, two steps', () => {
  assert.match(
    run('03-arcface-on-procedural-identities.ts', '--steps', '2', '--batch', '4', '--people', '8'),
    /step 2: loss \d/,
  );
});

test('04: SimSwap from scratch, two steps', () => {
  assert.not.match(run('04-simswap-from-scratch.ts', '2'), /NaN/);
  picture('simswap-from-scratch.png');
});

test('05: a swap from a checkpoint', async () => {
  await startGpu();
  const checkpoint = join(folder, 'checkpoint.safetensors');
  await saveFile(checkpoint, await tinyTrainer().checkpoint());
  run('05-swap-from-a-checkpoint.ts', checkpoint);
  picture('swap-from-a-checkpoint.png');
});

test('08: DeepFakes, two steps', () => {
  assert.match(run('08-deepfakes.ts', '2'), /B's photo with C's face .* dB/);
  picture('deepfakes.png');
});

test('09: FaceShifter, two steps and one', () => {
  assert.not.match(run('09-faceshifter.ts', '2', '1'), /NaN/);
  picture('faceshifter.png');
});

test('06: two recipes of the ablation, two steps each, and their figure', () => {
  const few = ['--steps', '2', '--people', '4', '--size', '48', '--layers', '3'];
  assert.match(run('06-feature-matching-ablation.ts', ...few, '--only', 'SimSwap,nFM'), /nFM +seed 1 retrieval \d/);
  const again = run('06-feature-matching-ablation.ts', ...few, '--only', 'SimSwap', '--seeds', '2');
  assert.not.match(again, /seed 1 retrieval/, 'what is known is not trained again');
  assert.match(again, /SimSwap +seed 2 retrieval \d/);
  assert.match(again, /2 scales, 4 feature maps, .*published: .*5 maps/);
  assert.match(again, /4 reporting people: no training saw them/);
  picture('ablation.html');
  assert.match(readFileSync(join(folder, 'out/examples/ablation.svg'), 'utf8'), /4 feature maps; the paper has 5/);
  const { runs, summary } = JSON.parse(readFileSync(join(folder, 'out/examples/ablation.json'), 'utf8'));
  assert.equal(
    runs.SimSwap.map(({ seed }: { seed: number }) => seed),
    [1, 2],
  );
  assert.ok(summary.SimSwap.reconstruction.deviation > 0);
  assert.match(
    readFileSync(join(folder, 'out/examples/ablation-loss.svg'), 'utf8'),
    /identity loss \(less is better\)/,
  );
  const joined = run(
    '06-feature-matching-ablation.ts',
    ...few,
    '--seeds',
    '0',
    '--join',
    'out/examples',
    '--out',
    'out/joined',
  );
  assert.not.match(joined, /seed \d retrieval/, 'what other runs trained is not trained again');
  assert.match(joined, /SimSwap .*\| 1, 2 \|/);
});

test('07: an identity network, two steps, and its verification figures', () => {
  const few = ['--steps', '2', '--people', '8', '--batch', '4', '--unseen', '12', '--size', '32'];
  assert.match(run('07-verification.ts', ...few, '--networks', 'arcface', '--margins', 'cosine'), /cosine +\d+\.\d+ %/);
});

test('10: features for the projected discriminator, two steps, in a file', () => {
  const few = ['--steps', '2', '--batch', '4', '--people', '4', '--width', '0.125'];
  assert.match(run('10-efficientnet-features.ts', ...few, '--out', 'features.safetensors'), /chance is 25\.0 %/);
  assert.ok(existsSync(join(folder, 'features.safetensors')));
});

test.run();
