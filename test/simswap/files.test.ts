/**
 * @file Weight files of the networks: PyTorch's imported, checkpoints exported, and files of one thing taken for
 * another.
 */
import { readFileSync } from 'node:fs';
import {
  type FileTensor,
  loadModule,
  networkDescription,
  readPth,
  readSafetensors,
  type SafetensorsFile,
  seeded,
  type WeightFile,
  writeSafetensors,
} from '@visage/nn';
import {
  ArcFace,
  buildIdentityNetwork,
  type CheckpointNetwork,
  Discriminator,
  EfficientNetClassifier,
  exportable,
  exportOnnx,
  exportSafetensors,
  Generator,
  type IdentityConfig,
  IResNet,
  importedFile,
  importKinds,
  importNetwork,
  importProblem,
  loadSwapper,
  networkGraph,
  Swapper,
  swapImageSize,
  Trainer,
  type TrainingData,
  trained2022,
} from '@visage/simswap';
import { tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';
import { hashedTensor, latents, nhwc } from './hashed.ts';
import { fileOf, narrow, narrowArcFace, narrowIResNet } from './narrowNetworks.ts';
import { floats } from './onnxRuntime.ts';

const { test } = await gpuSuite('simswap files');

const fixture = (name: string): Promise<WeightFile> =>
  readPth(readFileSync(new URL(`../nn/fixtures/${name}`, import.meta.url)), name);
const kind = (name: string) => importKinds.find((each) => each.name === name)!;

/** A fixture as one of our weight files. */
const imported = async (name: string, as: string): Promise<SafetensorsFile> =>
  readSafetensors(importedFile(importNetwork(await fixture(name), kind(as)), name), name);

test('published networks have the published numbers of entries and values', () => {
  const sizes = importKinds.map(({ name, describe }) => {
    const { parameters } = networkGraph(describe(new Map()))!;
    const trained = [...parameters].filter(([entry]) => !/running_(mean|var)$/.test(entry));
    const values = trained.reduce((sum, [, shape]) => sum + shape.reduce((n, extent) => n * extent, 1), 0);
    return [name, parameters.size, values];
  });
  assert.equal(sizes.slice(0, 4), [
    ['generator-224', 123 - 7, 55_051_779],
    ['generator-512', 137 - 9, 55_079_427],
    ['generator-train', 123 - 7, 55_051_779],
    ['arcface-se-ir', 796 - 105, 52_193_215],
  ]);
  assert.equal(sizes[6], ['patch-d', 32 - 4, 6_962_369]);
});

test('an imported generator computes what PyTorch does: float32, half, and a whole module with a linear head', async () => {
  const expected = await fixture('expected.pth');
  for (const [name, as, output, tolerance] of [
    ['generator.pth', 'generator-224', 'released', 1e-5],
    ['generator.half.legacy.pth', 'generator-224', 'released', 1e-5],
    ['generator.module.legacy.pth', 'generator-train', 'training', 1e-5],
  ] as const) {
    const file = await imported(name, as);
    const { config } = networkDescription(file)!;
    const generator = new Generator(config as typeof narrow);
    loadModule(generator, file, { architecture: 'simswap-generator' });
    generator.eval();
    const ours = await floats(() => generator.forward(hashedTensor(5, [1, 3, 32, 32]), latents(1, 16)));
    const theirs = expected.tensors.get(output)!;
    const error = relativeError(ours, nhwc(theirs.floats(), theirs.shape));
    assert.ok(error < tolerance, `${name}: ${error}`);
    generator.dispose();
  }
});

test('the identity network in a checkpoint with its optimizer, behind DataParallel, computes what PyTorch does', async () => {
  const found = importNetwork(await fixture('arcface.tar'), kind('arcface-se-ir'));
  assert.is(found.match.prefix, 'model.module.');
  assert.is(found.match.ignored.length, found.match.ignored.filter((name) => /num_batches_tracked$/.test(name)).length);
  assert.equal(found.match.outside, ['metric_fc.weight']);
  const file = readSafetensors(importedFile(found, 'arcface.tar'));
  const identity = buildIdentityNetwork(networkDescription(file)!.config as IdentityConfig);
  loadModule(identity, file, { architecture: 'identity' });
  identity.eval();
  const ours = await floats(() => identity.forward(hashedTensor(6, [1, 3, 112, 112])));
  const error = relativeError(ours, (await fixture('expected.pth')).tensors.get('embedding')!.floats());
  assert.ok(error < 1e-4, String(error));
});

/** A file with some entries left out, changed or added. */
function altered(file: WeightFile, change: (tensors: Map<string, FileTensor>) => void): WeightFile {
  const tensors = new Map(file.tensors);
  change(tensors);
  return { ...file, tensors };
}

test('a wrong, incomplete or ambiguous file is one error that says what is the matter', async () => {
  const generator = await fixture('generator.pth');
  const problem = (file: WeightFile, as: string) => importProblem(importNetwork(file, kind(as))) ?? 'no problem';
  assert.match(problem(generator, 'generator-512'), /is no generator-512: missing down0\.0\.weight.* and \d+ more/);
  assert.match(problem(generator, 'arcface-se-ir'), /is no arcface-se-ir: missing conv1\.weight/);
  const lacking = altered(generator, (tensors) => tensors.delete('down2.0.bias'));
  assert.match(problem(lacking, 'generator-224'), /^is no generator-224: missing down2\.0\.bias$/);
  const misshapen = altered(generator, (tensors) => tensors.set('down2.0.bias', tensors.get('last_layer.1.bias')!));
  assert.match(problem(misshapen, 'generator-224'), /misshapen down2\.0\.bias \[3\] instead of \[4\]/);
  const counters = altered(generator, (tensors) =>
    tensors.set('up1.1.bias', tensors.get('up1.2.num_batches_tracked')!),
  );
  assert.match(problem(counters, 'generator-224'), /misshapen up1\.1\.bias/);
  const deep = await fixture('generator.module.legacy.pth');
  assert.match(problem(deep, 'generator-224'), /without a place down4\.0\.weight \[8, 8, 3, 3\], up4\.1\.weight/);
  const extra = altered(generator, (tensors) =>
    tensors.set('BottleNeck.0.conv1.2.weight', tensors.get('first_layer.2.weight')!),
  );
  const { match } = importNetwork(extra, kind('generator-224'));
  assert.ok(match.ignored.includes('BottleNeck.0.conv1.2.weight'));

  const both = altered(generator, (tensors) => {
    for (const [name, entry] of generator.tensors) tensors.set(`ema.${name}`, entry);
  });
  assert.throws(() => importNetwork(both, kind('generator-224')), /several networks that fit, under "", "ema"/);
  assert.is(importNetwork(both, kind('generator-224'), 'ema.').match.mapped.size, 52);
  assert.throws(
    () => importedFile(importNetwork(lacking, kind('generator-224')), 'x.pth'),
    /^x\.pth: is no generator-224: missing/,
  );
});

test('published EfficientNet files come with a classifier, which is ignored', async () => {
  const config = { width: 1 / 8, classes: 10 };
  const file = await fileOf('efficientnet-lite0', config, () => new EfficientNetClassifier(config));
  const { match, network } = importNetwork(file, kind('efficientnet-lite0'));
  assert.equal(network.config, { width: 1 / 8 });
  assert.equal([match.missing, match.misshapen, match.unexpected], [[], [], []]);
  assert.ok(match.ignored.includes('classifier.weight') && match.ignored.includes('conv_head.weight'));
});

test('a training checkpoint exports its moving average, as safetensors that import again and as ONNX', async () => {
  const trainer = tinyTrainer();
  await trainer.run({ until: 1 });
  const checkpoint = readSafetensors(await trainer.checkpoint());
  const weights = readSafetensors(exportSafetensors(exportable(checkpoint)));
  const [name, average] = [...trainer.average.state()][0]!;
  assert.equal(weights.tensors.get(name)!.shape, [4, 3, 7, 7]);
  const again = importNetwork(weights, kind('generator-224'));
  assert.is(importProblem(again), undefined);
  const back = new Generator(again.network.config as typeof narrow);
  loadModule(back, readSafetensors(importedFile(again, 'x')));
  assert.equal(await back.stateDict().get(name)!.floats(), await average.tensor.floats());
  const half = readSafetensors(exportSafetensors(exportable(checkpoint, { which: 'identity' }), true));
  assert.is(half.tensors.get('fc.weight')!.dtype, 'F16');
  assert.is(half.tensors.get('bn1.running_var')!.dtype, 'F32');
  assert.ok(exportOnnx(exportable(checkpoint)).length > 10_000);
  assert.throws(
    () => exportable(readSafetensors(writeSafetensors(new Map(), { architecture: 'x', config: '{}' }))),
    /network 'x', which cannot/,
  );
});

test('a generator that is exported for a pipeline swaps without its checkpoint, as its checkpoint does', async () => {
  const networks = seeded(3, () => ({
    generator: new Generator(narrow),
    discriminator: new Discriminator({ width: 1 / 32, layers: 3, scales: 2 }),
    identity: new ArcFace(narrowArcFace),
  }));
  const trainer = new Trainer({ ...networks, data: untouched });
  const checkpoint = readSafetensors(await trainer.checkpoint());
  const file = (which: CheckpointNetwork) =>
    readSafetensors(
      exportSafetensors(exportable(checkpoint, { which, ...(which === 'generator' && { pipeline: 'visage-128' }) })),
    );
  const [generator, identity] = [file('generator'), file('identity')];
  assert.is(swapImageSize(generator), 128);
  const [source, target] = [hashedTensor(6, [1, 3, 128, 128]), hashedTensor(5, [1, 3, 128, 128])];
  const [own, exported] = [loadSwapper(checkpoint), loadSwapper(generator, { identity, pipeline: 'visage-128' })];
  assert.equal(
    await floats(() => exported.swapImages(target, source)),
    await floats(() => own.swapImages(target, source)),
  );

  const small = readSafetensors(await tinyTrainer().checkpoint());
  const forPipeline = (pipeline: 'visage-128' | 'released-224') => () => exportable(small, { pipeline });
  assert.throws(forPipeline('visage-128'), /was an iresnet|identity network is an iresnet/);
  assert.throws(
    () => exportable(checkpoint, { pipeline: 'released-224' }),
    /was trained at 128 pixels, not at 224, so it cannot be exported for the pipeline released-224/,
  );
  assert.throws(
    () => exportable(checkpoint, { which: 'identity', pipeline: 'visage-128' }),
    /gives no generator of a training checkpoint/,
  );
});

/** Training data that is never loaded: a checkpoint of step 0 names its image size. */
const untouched: TrainingData = {
  batchSize: 1,
  imageSize: 128,
  images: () => {
    throw new Error('never trained');
  },
  load: () => {},
};

test('an imported generator swaps in its own pipeline and in no other', async () => {
  const identity = await imported('arcface.tar', 'arcface-se-ir');
  const generator = await imported('generator.module.legacy.pth', 'generator-train');
  assert.is(swapImageSize(generator), 512); // deep
  assert.is(swapImageSize(await imported('generator.pth', 'generator-224')), 224);
  const swapper = loadSwapper(generator, { identity, pipeline: 'train-2022' });
  const [target, latent] = [hashedTensor(5, [1, 3, 32, 32]), latents(1, 16)];
  const swapped = await floats(() => swapper.swap(target, latent));
  assert.equal(swapped, await floats(() => swapper.generator.swap(target, latent)));

  const wrong =
    /module\.legacy\.pth: belongs to the pipeline train-2022 .*ImageNet.* cannot be run as released-224 .*\[0, 1\]/;
  assert.throws(() => loadSwapper(generator, { identity, pipeline: 'released-224' }), wrong);
  assert.throws(() => loadSwapper(generator), /a generator alone; swapping needs the weights of its identity network/);
  assert.throws(
    () => loadSwapper(generator, { identity: generator }),
    /names 'simswap-generator', expected the weights of an identity/,
  );
  const linear = new Generator({ ...narrow, head: 'linear' });
  const arcface = new ArcFace(narrowArcFace);
  assert.throws(
    () => new Swapper({ generator: new Generator(narrow), identity: arcface, pipeline: trained2022 }),
    /pipeline train-2022: generator is one with a tanh head, expected one with a linear head/,
  );
  assert.throws(
    () => new Swapper({ generator: linear, identity: new IResNet(narrowIResNet), pipeline: trained2022 }),
    /identity network is an iresnet/,
  );
  assert.throws(
    () => new Swapper({ generator: linear, identity: arcface, pipeline: trained2022, identityResize: 'nearest' }),
    /identityResize is nearest, expected bicubic/,
  );
  const trainer = tinyTrainer();
  await trainer.run({ until: 1 });
  const checkpoint = readSafetensors(await trainer.checkpoint());
  assert.throws(
    () => loadSwapper(checkpoint, { pipeline: 'released-224' }),
    /is a training checkpoint, whose recipe decides/,
  );
  assert.throws(() => loadSwapper(checkpoint, { identity }), /carries the identity network/);
});

test('released pipelines resize sources by the nearest pixel, as the published scripts do', async () => {
  const identity = await imported('arcface.tar', 'arcface-se-ir');
  const swapper = loadSwapper(await imported('generator.pth', 'generator-224'), { identity });
  const side = 224;
  const source = hashedTensor(9, [1, 3, side, side]);
  const all = await source.floats();
  const even = Float32Array.from({ length: 112 * 112 * 3 }, (_, k) => {
    const [channel, column, row] = [k % 3, Math.floor(k / 3) % 112, Math.floor(k / (3 * 112))];
    return all[(2 * row * side + 2 * column) * 3 + channel]!;
  });
  const expected = await floats(() => swapper.identity.folded().latent(tensor(even, [1, 112, 112, 3])));
  assert.equal(await floats(() => swapper.latent(source)), expected);
});

test.run();
