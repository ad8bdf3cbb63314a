/**
 * @file Files from strangers: hundreds of damaged and lying ones, made by a seed out of honest ones. Every one is read,
 * or refused with an error of our own that names it, soon and in little memory.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { goldenFile } from '@visage/conformance';
import { image } from '@visage/faces';
import { decodePng, encodePng, pngTexts } from '@visage/faces/node';
import { TuningMemo, VisageError } from '@visage/gpu';
import {
  crc32,
  type HostTensor,
  readPth,
  readSafetensors,
  saveModule,
  type WeightFile,
  writeSafetensors,
} from '@visage/nn';
import {
  checkpointNetworks,
  exportable,
  exportOnnx,
  exportSafetensors,
  importedFile,
  importKinds,
  importNetwork,
  importProblem,
  loadSwapper,
  readCheckpointHeader,
  swapImageSize,
} from '@visage/simswap';
import { loadIdentityNetwork, resumedSettings } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { Dice, mutated, mutatedJson } from '../helpers/mutate.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';
import { zipFile } from '../nn/pickles.ts';

const { test } = await gpuSuite('hostile files');
const folder = mkdtempSync(join(tmpdir(), 'visage-hostile-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const NAME = 'hostile.file';
const SECONDS = 3; // of the processor, for one file; the slowest takes 0.85 on an idle machine and 1.1 on a loaded one
const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../nn/fixtures/${name}`, import.meta.url)));

let [files, refused] = [0, 0];
const seconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Reads a file, which may fail in the ways that files may. `named` for errors that begin with its name. */
async function read(reader: (bytes: Buffer) => unknown, bytes: Buffer, faults: string, named = true): Promise<void> {
  const start = seconds();
  try {
    await reader(bytes);
  } catch (error) {
    refused++;
    const { message, stack } = error as Error;
    assert.ok(error instanceof VisageError, `${faults}: ${stack}`);
    assert.ok(!named || message.startsWith(NAME), `${faults}: ${message}`);
    assert.ok(message.length < 1500 && !message.includes('\n'), `${faults}: ${message.slice(0, 2000)}`);
  }
  files++;
  const took = seconds() - start;
  assert.ok(took < SECONDS, `${faults}: took ${took} s`);
}

/** Everything that commands do with imported weights. */
async function pth(bytes: Buffer): Promise<void> {
  const file = await readPth(bytes, NAME);
  decode(file);
  for (const kind of importKinds.filter(({ name }) => ['generator-224', 'arcface-se-ir'].includes(name))) {
    const imported = importNetwork(file, kind);
    if (importProblem(imported) === undefined) importedFile(imported, NAME);
  }
}

function decode(file: WeightFile): void {
  for (const tensor of file.tensors.values()) tensor.weights();
}

/** Everything that commands do with a checkpoint. */
function checkpoint(bytes: Buffer): void {
  const file = readSafetensors(bytes, NAME);
  const header = readCheckpointHeader(file);
  swapImageSize(file);
  for (const network of checkpointNetworks) exportOnnx(exportable(file, { which: network }));
  exportSafetensors(exportable(file), true);
  loadSwapper(file).dispose();
  resumedSettings(header, NAME);
}

function png(bytes: Buffer): void {
  pngTexts(bytes, NAME);
  decodePng(bytes, NAME);
}

/** The same with the checksums of all chunks made right, so that damage reaches what lies behind them. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

/** The same archive without checksums, as newer PyTorch may write it. */
function withoutChecksums(zip: Buffer): Buffer {
  const bytes = Buffer.from(zip);
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4))
    bytes.writeUInt32LE(0, at + 16);
  return bytes;
}

/** A safetensors file with another text as its header. */
function withHeader(bytes: Uint8Array, change: (text: string) => string): Buffer {
  const buffer = Buffer.from(bytes);
  const end = 8 + buffer.readUInt32LE(0);
  const text = Buffer.from(change(buffer.toString('utf8', 8, end)));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, buffer.subarray(end)]);
}

/** The same with one of the JSON texts in its metadata changed. */
const withMetadata = (bytes: Uint8Array, key: string, change: (text: string) => string): Buffer =>
  withHeader(bytes, (text) => {
    const header = JSON.parse(text);
    header.__metadata__[key] = change(header.__metadata__[key]);
    return JSON.stringify(header);
  });

const notes = {
  preset: 'tiny',
  steps: 9,
  folder: null,
  identities: 8,
  level: 'L0',
  heldOut: 3,
  sampleEvery: 1,
  evaluateEvery: 1,
  saveEvery: 1,
};

async function honest() {
  const trainer = tinyTrainer();
  const saved = await trainer.checkpoint(notes);
  const { identity } = trainer;
  const network = await saveModule(identity, { architecture: 'identity', config: identity.config });
  const weights = new Map<string, HostTensor>();
  for (const [name, tensor] of (await readPth(fixture('generator.pth'))).tensors)
    weights.set(name, { shape: tensor.shape, values: tensor.host() });
  const picture = encodePng(
    image(
      24,
      16,
      Float32Array.from({ length: 1152 }, (_, k) => (k % 97) / 96),
    ),
    { texts: { a: 'b' } },
  );
  return { saved, network, weights: writeSafetensors(weights, { note: 'x' }), picture };
}
const { saved, network, weights, picture } = await honest();
const began = { seconds: seconds(), memory: process.resourceUsage().maxRSS };

const safetensors = (bytes: Buffer) => decode(readSafetensors(bytes, NAME));

/** Reads `count` damaged copies of each of some files. */
async function damage(
  reader: (bytes: Buffer) => unknown,
  originals: readonly Uint8Array[],
  count: number,
  mend = (bytes: Buffer) => bytes,
) {
  for (const [k, original] of originals.entries()) {
    await reader(mend(Buffer.from(original))); // the honest one is read
    const dice = new Dice(100 * k + 1);
    for (let n = 0; n < count; n++) {
      const { bytes, faults } = mutated(original, dice);
      await read(reader, mend(bytes), `file ${k}, copy ${n}: ${faults}`);
    }
  }
}

test('safetensors', () => damage(safetensors, [weights], 120));

test("PyTorch's archives, with and without checksums", async () => {
  const names = ['tensors.pth', 'old.pth', 'generator.pth'];
  await damage(pth, names.map(fixture), 25);
  await damage(
    pth,
    names.map((name) => withoutChecksums(fixture(name))),
    60,
  );
});

test("PyTorch's files before 1.6", () =>
  damage(pth, ['tensors.legacy.pth', 'old.legacy.pth', 'generator.half.legacy.pth'].map(fixture), 60));

test('PNG images, with right and wrong checksums', async () => {
  await damage(png, [picture], 60);
  await damage(png, [picture], 200, withChecksums);
});

test('checkpoints', () => damage(checkpoint, [saved], 40));

test('headers of weight files', async () => {
  const dice = new Dice(7);
  for (let n = 0; n < 80; n++) {
    const bytes = withHeader(weights, (text) => mutatedJson(text, dice));
    await read(safetensors, bytes, `header ${n}`);
  }
});

test('what checkpoints and networks say of themselves', async () => {
  const dice = new Dice(8);
  for (let n = 0; n < 60; n++) {
    for (const key of ['config', 'state']) {
      const bytes = withMetadata(saved, key, (text) => mutatedJson(text, dice));
      await read(checkpoint, bytes, `${key} ${n}: ${readSafetensors(bytes).metadata[key]?.slice(0, 1000)}`);
    }
  }
  for (let n = 0; n < 30; n++) {
    const bytes = withMetadata(network, 'config', (text) => mutatedJson(text, dice));
    const path = join(folder, 'identity.safetensors');
    writeFileSync(path, bytes);
    const load = () => loadIdentityNetwork(path).then((built) => built.dispose());
    await read(load, bytes, `identity ${n}: ${readSafetensors(bytes).metadata.config?.slice(0, 1000)}`, false);
  }
});

test('tuning memos and golden files', async () => {
  const target = { adapter: 'a', driver: 'b', versions: 'c' };
  const memo = new TuningMemo();
  memo.set('gemm', 'conv2d 1x1', { variant: 'tiled', ms: 1, untunedMs: 2 });
  const dice = new Dice(9);
  const parse = (bytes: Buffer) => TuningMemo.parse(bytes.toString(), target);
  for (let n = 0; n < 60; n++) {
    await read(parse, Buffer.from(mutatedJson(memo.toText(target), dice)), `memo ${n}`, false);
    await read(parse, mutated(Buffer.from(memo.toText(target)), dice).bytes, `memo ${n}`, false);
  }
  const cases = { name: 'x', op: 'add', args: { a: 1 }, in: ['a'], param: [], out: ['y'], grad: [] };
  const golden = writeSafetensors(new Map(), { cases: JSON.stringify([cases]) });
  for (let n = 0; n < 20; n++)
    await read(
      (bytes) => goldenFile(readSafetensors(bytes, NAME)),
      withMetadata(golden, 'cases', (text) => mutatedJson(text, dice)),
      `golden ${n}`,
    );
});

test('bombs', async () => {
  const zeros = Buffer.alloc(2 ** 24);
  const packed = deflateRawSync(zeros);
  const many = Buffer.alloc(2 ** 24, '}');
  const bombs: Record<string, Uint8Array> = {
    'a pickle of nothing but containers': zipFile({ 'a/data.pkl': { bytes: many, packed: deflateRawSync(many) } }),
    'a pickle of zeros': zipFile({ 'a/data.pkl': { bytes: zeros, packed } }),
    'a pickle that is larger than it claims': zipFile({ 'a/data.pkl': { bytes: zeros, packed, claim: 100 } }),
    'a byte order of 16 MB': zipFile({
      'a/data.pkl': { bytes: Buffer.of(0x4e, 0x2e) },
      'a/byteorder': { bytes: zeros, packed, claim: 6 },
    }),
  };
  for (const [faults, bytes] of Object.entries(bombs)) await read(pth, Buffer.from(bytes), faults);
  const nested = '{"a":'.repeat(1_500_000);
  for (const text of [nested, '['.repeat(8_000_000), `{"a":[${'1,'.repeat(4_000_000)}1]}`])
    await read(
      safetensors,
      withHeader(weights, () => text),
      'a header of 8 MB',
    );
});

test('there were hundreds of files, many of them refused, in little time and memory', () => {
  const used = seconds() - began.seconds;
  const memory = (process.resourceUsage().maxRSS - began.memory) / 1024;
  console.log(
    `${files} files, ${refused} refused, ${used.toFixed(1)} s of the processor, ${memory.toFixed(0)} MB more`,
  );
  assert.ok(files > 1000, `${files} files`);
  assert.ok(refused > files / 3, `${refused} refused`);
  assert.ok(used < 60, `${used} s`);
  assert.ok(memory < 400, `${memory} MB`);
});

test.run();
