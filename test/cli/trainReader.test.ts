/** @file `visage train identity`, in this process: what it says of whole people and of grey pictures. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors } from '@visage/nn/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { failureHere, visageHere } from './command.ts';

const { test } = await gpuSuite('visage train identity');
const folder = mkdtempSync(join(tmpdir(), 'visage-reader-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const out = join(folder, 'out');
const train = (...options: readonly string[]): Promise<string> =>
  visageHere('train', 'identity', '--preset', 'tiny', '--out', out, ...options);

test('an option that would do nothing is refused in the words of the command', async () => {
  assert.match(await train('--whole'), /--whole says what .* keep, and faces of L0 have no choice; take --level of M0/);
  assert.match(await train('--whole', '--data', folder), /--data names photographs; leave one of them out/);
  assert.match(
    await train('--stage', 'likeness=1'),
    /a stage has `likeness`, .* faces of L0 are not known; take --level of M0 to M4, or set `likeness` to 0/,
  );
  assert.match((await failureHere('train', 'parsing', '--whole')).stderr, /unknown option '--whole'/);
});

test('whole people and grey pictures are asked for by --whole and --set, and stand in what is written', async () => {
  const few = ['--level', 'M0', '--people', '4', '--held-out', '2', '--stage', 'steps=1,batchSize=2'];
  const printed = await train(...few, '--whole', '--set', 'grey=0.25');
  assert.match(printed, /from 4 rendered people who keep their whole heads, level M0/);
  const { metadata } = await loadSafetensors(join(out, 'identity.safetensors'));
  const trained = JSON.parse(metadata.trained ?? '') as { factorSplit: string; changes: { grey: number } };
  assert.equal([trained.factorSplit, trained.changes.grey], ['whole', 0.25]);
  assert.match(readFileSync(join(out, 'index.html'), 'utf8'), /grey \(25 %\)/);
});

test.run();
