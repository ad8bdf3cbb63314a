/** @file `visage import`, `visage export`, and a swap with what was imported. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@visage/cli';
import { image, renderFaces } from '@visage/faces';
import { readPng, writePng } from '@visage/faces/node';
import { loadSafetensors } from '@visage/nn/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('import and export');
const folder = mkdtempSync(join(tmpdir(), 'visage-files-'));
const at = (name: string) => join(folder, name);
const fixture = (name: string) => fileURLToPath(new URL(`../nn/fixtures/${name}`, import.meta.url));

/** What a command printed, or the error it ended with. */
async function visage(...parameters: string[]): Promise<string> {
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    const program = createProgram().exitOverride();
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
    await program.parseAsync(parameters, { from: 'user' });
  } catch (error) {
    lines.push((error as Error).message);
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

test('import says what was mapped, ignored and missing, and writes a file that names its network and pipeline', async () => {
  const printed = await visage('import', fixture('generator.pth'), '--as', 'generator-224', '-o', at('g.safetensors'));
  assert.match(printed, /generator\.pth: 59 tensors, as generator-224/);
  assert.match(printed, /mapped +52 +first_layer \(6\) .*BottleNeck \(8\)/);
  assert.match(printed, /ignored +7 +7 × …num_batches_tracked/);
  assert.match(printed, /missing +0/);
  assert.match(printed, /Pipeline released-224: .*RGB in \[0, 1\]/);
  assert.match(printed, /Its faces: 224 x 224 pixels, aligned by ArcFace's five poses/);
  const { metadata } = await loadSafetensors(at('g.safetensors'));
  assert.is(metadata.architecture, 'simswap-generator');
  assert.is(metadata.pipeline, 'released-224');
  const listed = await visage(
    'import',
    fixture('generator.pth'),
    '--as',
    'generator-224',
    '--list',
    '-o',
    at('g.safetensors'),
  );
  assert.match(listed, /^mapped: BottleNeck\.0\.conv1\.1\.weight$/m);
  assert.match(listed, /^ignored: down1\.1\.num_batches_tracked$/m);
});

test('an identity network is found in its checkpoint, or where --prefix says', async () => {
  for (const prefix of [[], ['--prefix', 'model.module']]) {
    const printed = await visage(
      'import',
      fixture('arcface.tar'),
      '--as',
      'arcface-se-ir',
      ...prefix,
      '-o',
      at('i.safetensors'),
    );
    assert.match(printed, /outside of model\.module\. +1 +metric_fc/);
    assert.match(printed, /"layers":\[1,1,1,1\]/);
  }
});

test('what cannot be imported is one line, and nothing is written', async () => {
  const out = at('never.safetensors');
  writeFileSync(at('cut.pth'), readFileSync(fixture('generator.pth')).subarray(0, 9000));
  const wrong: [string[], RegExp][] = [
    [[fixture('generator.pth'), '--as', 'generator-512'], /generator\.pth: is no generator-512: missing down0/],
    [[at('cut.pth'), '--as', 'generator-224'], /cut\.pth: is truncated/],
    [[at('missing.pth'), '--as', 'generator-224'], /missing\.pth: no such file/],
    [['README.md', '--as', 'generator-224'], /README\.md: is not a file of torch\.save/],
    [[fixture('generator.pth'), '--as', 'generator-256'], /Allowed choices are generator-224/],
    [[fixture('generator.pth')], /required option '--as <network>' not specified/],
  ];
  for (const [parameters, says] of wrong) {
    const last = (await visage('import', ...parameters, '-o', out)).split('\n').at(-1)!;
    assert.match(last, says);
  }
  assert.not.ok(existsSync(out));
});

test('an imported generator swaps with its identity network, and in no other pipeline', async () => {
  for (const [k, name] of ['a.png', 'b.png'].entries()) {
    const faces = renderFaces({ identities: Uint32Array.of(k), attributes: Uint32Array.of(k), size: 224 });
    await writePng(at(name), image(224, 224, await faces.floats()));
  }
  const swap = (...more: string[]) =>
    visage(
      'swap',
      '--aligned',
      '--checkpoint',
      at('g.safetensors'),
      '--source',
      at('a.png'),
      '--target',
      at('b.png'),
      '-o',
      at('s.png'),
      ...more,
    );
  assert.match(await swap(), /holds a generator alone.*\(--identity, from visage import as arcface-se-ir\)/);
  const identity = ['--identity', at('i.safetensors')];
  assert.match(
    await swap(...identity, '--pipeline', 'train-2022'),
    /belongs to the pipeline released-224 .* cannot be run as train-2022/,
  );
  assert.not.ok(existsSync(at('s.png')));
  assert.match(await swap(...identity), /s\.png: 224 x 224, with a visible label/);
  assert.is((await readPng(at('s.png'))).width, 224);
});

test('export writes ONNX with named ports, and safetensors that import again', async () => {
  assert.match(
    await visage('export', at('g.safetensors'), '-o', at('g.onnx')),
    /in {2}latent \[batch, 16\]\n.*out swapped \[batch, 3, height, width\]/,
  );
  assert.match(readFileSync(at('g.onnx'), 'latin1'), /BottleNeck\.0\.style1\.linear\.weight/);
  await visage('export', at('g.safetensors'), '--half', '-o', at('half.safetensors'));
  const again = await visage('import', at('half.safetensors'), '--as', 'generator-224', '-o', at('again.safetensors'));
  assert.match(again, /mapped +52/);
  const [before, after] = [await loadSafetensors(at('g.safetensors')), await loadSafetensors(at('again.safetensors'))];
  for (const [name, tensor] of before.tensors) assert.equal(after.tensors.get(name)!.floats(), tensor.floats(), name);
  assert.match(await visage('export', at('g.safetensors'), '-o', at('g.pth')), /name it \.onnx or \.safetensors/);
  assert.match(
    await visage('export', at('g.safetensors'), '--half', '-o', at('h.onnx')),
    /--half is for \.safetensors/,
  );
  assert.match(await visage('export', 'test/golden/optim.safetensors', '-o', at('x.onnx')), /names no network/);
});

test('log shortens a log, or draws its curves, and names a file that is none', async () => {
  const line = (step: number) => JSON.stringify({ step, event: 'step', values: { identity: 1 / step }, note: 'cross' });
  writeFileSync(at('log.jsonl'), Array.from({ length: 100 }, (_, k) => `${line(k + 1)}\n`).join(''));
  assert.match(
    await visage('log', at('log.jsonl'), '-o', at('short.jsonl'), '--points', '10'),
    /short\.jsonl: 8 lines, /,
  );
  const steps = readFileSync(at('short.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text).step);
  assert.equal(steps, [1, 17, 33, 49, 65, 81, 97, 100]);
  await visage('log', at('log.jsonl'), '-o', at('page.html'));
  assert.match(readFileSync(at('page.html'), 'utf8'), /<h1>log\.jsonl<\/h1>.*identity loss/s);
  writeFileSync(at('none.jsonl'), 'not a log\n');
  assert.match(await visage('log', at('none.jsonl'), '-o', at('x.jsonl')), /none\.jsonl: no line of a training log/);
  assert.not(existsSync(at('x.jsonl')));
});

test.run();
