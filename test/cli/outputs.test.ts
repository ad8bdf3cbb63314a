/**
 * @file Where commands write: never over what they read, never under the name of another format, and never what no
 * network can compute with. Needs no device.
 */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@visage/cli';
import { type HostTensor, readPth, readSafetensors, writeSafetensors } from '@visage/nn';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('outputs');
const fixture = fileURLToPath(new URL('../nn/fixtures/generator.pth', import.meta.url));
const home = process.cwd();
let folder = '';
test.before.each(async () => {
  folder = mkdtempSync(join(tmpdir(), 'visage-outputs-'));
  process.chdir(folder); // commands write beside where they are called
});
test.after.each(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** The message of the error that a command ends with. */
async function failure(...parameters: string[]): Promise<string> {
  const log = console.log;
  console.log = () => undefined;
  try {
    await createProgram().exitOverride().parseAsync(parameters, { from: 'user' });
  } catch (error) {
    return (error as Error).message;
  } finally {
    console.log = log;
  }
  return 'no error';
}

/** The fixture as a safetensors file, with one value changed. */
async function weights(change?: readonly [name: string, index: number, value: number]): Promise<Uint8Array> {
  const { tensors } = await readPth(readFileSync(fixture));
  const host = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    const values = tensor.host();
    if (change?.[0] === name) values[change[1]] = change[2];
    host.set(name, { shape: tensor.shape, values });
  }
  return writeSafetensors(host);
}

const importing = (path: string, ...more: string[]) => failure('import', path, '--as', 'generator-224', ...more);

test('import does not replace its input, by default or by another name', async () => {
  const bytes = await weights();
  writeFileSync('g.safetensors', bytes);
  linkSync('g.safetensors', 'hard.safetensors');
  symlinkSync('g.safetensors', 'link.safetensors');
  assert.match(await importing('g.safetensors'), /g\.safetensors: is not written, since it is the input/);
  for (const out of ['hard.safetensors', 'link.safetensors', './g.safetensors', join(folder, 'g.safetensors')])
    assert.match(
      await importing('g.safetensors', '-o', out),
      /is the same file as the input g\.safetensors, which would/,
    );
  assert.equal(readFileSync('g.safetensors'), Buffer.from(bytes));
  assert.is(readdirSync('.').length, 3);
});

test('import takes the default name where it is free, and replaces only what was named', async () => {
  assert.is(await importing(fixture), 'no error');
  assert.ok(existsSync('generator.safetensors'));
  assert.match(await importing(fixture), /generator\.safetensors: is there already; replace it with -o/);
  assert.is(await importing(fixture, '-o', 'generator.safetensors'), 'no error');
});

test('the name of an output says what it holds', async () => {
  await importing(fixture);
  const pictures = ['--checkpoint', 'generator.safetensors', '--source', 'a.png', '--target', 'b.png'];
  const wrong: [string[], RegExp][] = [
    [['import', fixture, '--as', 'generator-224', '-o', 'x.onnx'], /x\.onnx: .*name it \.safetensors$/],
    [['export', 'generator.safetensors', '-o', 'x.pth'], /x\.pth: .*name it \.onnx or \.safetensors/],
    [['export', 'generator.safetensors', '-o', 'x'], /x: .*name it \.onnx or \.safetensors/],
    [['swap', ...pictures, '-o', 'x.gif'], /x\.gif: .*name it \.jpg or .*\.png/],
    [['swap', ...pictures, '-o', 'x'], /x: .*name it \.jpg or .*\.png/],
    [['tune', '--out', 'memo.txt'], /memo\.txt: .*name it \.json/],
  ];
  for (const [parameters, says] of wrong) assert.match(await failure(...parameters), says);
  assert.is(await failure('export', 'generator.safetensors', '-o', 'x.ONNX'), 'no error');
  assert.equal(readdirSync('.').sort(), ['generator.safetensors', 'x.ONNX']);
});

test('export and swap do not replace what they read', async () => {
  await importing(fixture);
  writeFileSync('a.png', 'a');
  writeFileSync('b.png', 'b');
  symlinkSync('a.png', 'link.png');
  symlinkSync('generator.safetensors', 'net.png');
  const swap = (out: string) =>
    failure('swap', '--checkpoint', 'generator.safetensors', '--source', 'a.png', '--target', 'b.png', '-o', out);
  assert.match(await swap('link.png'), /link\.png: is not written, since it is the same file as the input a\.png/);
  assert.match(await swap('./b.png'), /since it is the same file as the input b\.png/);
  assert.match(await swap('net.png'), /since it is the same file as the input generator\.safetensors/);
  assert.match(
    await failure('export', 'generator.safetensors', '-o', 'generator.safetensors'),
    /since it is the input/,
  );
  assert.equal([readFileSync('a.png', 'utf8'), readFileSync('b.png', 'utf8')], ['a', 'b']);
});

test('import and export refuse weights that are not finite, and write nothing', async () => {
  const wrong: [string, number, number, RegExp][] = [
    [
      'first_layer.1.weight',
      5,
      Number.NaN,
      /bad\.safetensors: entry "first_layer\.1\.weight" is NaN at \[0, 0, 0, 5\]/,
    ],
    [
      'up1.2.running_var',
      0,
      -0.5,
      /bad\.safetensors: entry "up1\.2\.running_var" is -0\.5 at \[0\]; a variance is never/,
    ],
  ];
  for (const [name, index, value, says] of wrong) {
    writeFileSync('bad.safetensors', await weights([name, index, value]));
    assert.match(await importing('bad.safetensors', '-o', 'out.safetensors'), says);
    // As a file of our own, which export reads.
    const described = { architecture: 'simswap-generator', config: JSON.stringify(await config()) };
    const { tensors } = readSafetensors(readFileSync('bad.safetensors'));
    const named = [...tensors].filter(([key]) => !key.endsWith('num_batches_tracked'));
    const host = new Map(named.map(([key, tensor]) => [key, { shape: tensor.shape, values: tensor.host() }]));
    writeFileSync('bad.safetensors', writeSafetensors(host, described));
    for (const out of ['out.safetensors', 'out.onnx'])
      assert.match(await failure('export', 'bad.safetensors', '-o', out), says);
  }
  assert.not(readdirSync('.').some((name) => name.startsWith('out')));
});

/** The sizes of the fixture's network. */
async function config(): Promise<unknown> {
  await importing(fixture, '-o', 'fine.safetensors');
  return JSON.parse(readSafetensors(readFileSync('fine.safetensors')).metadata.config as string);
}

test('halves that would become infinite are not written', async () => {
  writeFileSync('wide.safetensors', await weights(['last_layer.1.bias', 1, 1e5]));
  assert.is(await importing('wide.safetensors', '-o', 'g.safetensors'), 'no error');
  assert.match(
    await failure('export', 'g.safetensors', '--half', '-o', 'half.safetensors'),
    /^g\.safetensors: last_layer\.1\.bias is 100000 at \[1\], and float16 ends at 65504; store the network in float32/,
  );
  assert.not(existsSync('half.safetensors'));
  assert.ok(lstatSync('g.safetensors').isFile());
});

test.run();
