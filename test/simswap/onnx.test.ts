/**
 * @file The graphs of the networks: what their weight files hold, and that ONNX files of them compute what our networks
 * do.
 */
import { loadModule, type Module } from '@visage/nn';
import {
  ArcFace,
  buildIdentityNetwork,
  EfficientNetLite,
  exportable,
  exportOnnx,
  Generator,
  type IdentityConfig,
  IResNet,
  networkGraph,
  PatchDiscriminator,
} from '@visage/simswap';
import { Tensor as OnnxTensor } from 'onnxruntime-node';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { latents, nhwc } from './hashed.ts';
import { fileOf, narrow, narrowArcFace, narrowIResNet } from './narrowNetworks.ts';
import { floats, image, runOnnx } from './onnxRuntime.ts';

const { test } = await gpuSuite('graphs and ONNX');

/** Networks of every form, with the names of their architectures. */
const NETWORKS: readonly (readonly [architecture: string, config: object, build: () => Module])[] = [
  ['simswap-generator', narrow, () => new Generator(narrow)],
  [
    'simswap-generator',
    { ...narrow, deep: true, head: 'linear' },
    () => new Generator({ ...narrow, deep: true, head: 'linear' }),
  ],
  ['simswap-generator', { ...narrow, halfWidthStem: true }, () => new Generator({ ...narrow, halfWidthStem: true })],
  ['simswap-generator', { ...narrow, skips: true }, () => new Generator({ ...narrow, skips: true })],
  ['identity', narrowArcFace, () => new ArcFace(narrowArcFace)],
  ['identity', { ...narrowArcFace, squeeze: false }, () => new ArcFace({ ...narrowArcFace, squeeze: false })],
  ['identity', narrowIResNet, () => new IResNet(narrowIResNet)],
  [
    'patch-discriminator',
    { width: 1 / 32, layers: 4, scales: 1 },
    () => new PatchDiscriminator({ width: 1 / 32, layers: 4 }),
  ],
  ['efficientnet-lite0', { width: 1 / 8 }, () => new EfficientNetLite({ width: 1 / 8 })],
];

const networksOf = (wanted: string) => NETWORKS.filter(([architecture]) => architecture === wanted);

for (const [architecture, config, build] of NETWORKS) {
  test(`the graph of ${architecture} ${JSON.stringify(config)} names what the network has`, async () => {
    const file = await fileOf(architecture, config, build);
    const { parameters } = networkGraph({ architecture, config })!;
    assert.equal([...parameters.keys()].sort(), [...file.tensors.keys()].sort());
    for (const [name, shape] of parameters) assert.equal(file.tensors.get(name)!.shape, shape, name);
  });
}
for (const [architecture, config, build] of networksOf('simswap-generator')) {
  test(`ONNX of ${architecture} ${JSON.stringify(config)} computes what ours does, at any batch and size`, async () => {
    const file = await fileOf(architecture, config, build);
    const onnx = exportOnnx(exportable(file));
    const generator = new Generator(config as typeof narrow).eval();
    loadModule(generator, file);
    for (const [count, side] of [
      [1, 32],
      [2, 48],
    ] as const) {
      const { nchw, ours } = image(5, count, side);
      const latent = latents(count, 16);
      const { swapped } = await runOnnx(onnx, {
        target: nchw,
        latent: new OnnxTensor('float32', await latent.floats(), [count, 16]),
      });
      assert.equal(swapped!.dims, [count, 3, side, side]);
      const expected = (await floats(() => generator.swap(ours, latent))).map((x) => Math.min(1, Math.max(0, x)));
      const error = relativeError(nhwc(swapped!.data as Float32Array, swapped!.dims), expected);
      assert.ok(error < 1e-5, String(error));
    }
    generator.dispose();
  });
}

for (const [architecture, config, build] of networksOf('identity')) {
  test(`ONNX of ${architecture} ${JSON.stringify(config)} computes what ours does, at any batch`, async () => {
    const file = await fileOf(architecture, config, build);
    const identity = buildIdentityNetwork(config as IdentityConfig);
    loadModule(identity, file);
    identity.eval();
    const onnx = exportOnnx(exportable(file));
    for (const count of [1, 2]) {
      const { nchw, ours } = image(6, count, 112);
      const { embedding, latent } = await runOnnx(onnx, { face: nchw });
      for (const port of [embedding, latent]) assert.equal(port!.dims, [count, 16]);
      const errors = [
        relativeError(embedding!.data as Float32Array, await floats(() => identity.embed(ours))),
        relativeError(latent!.data as Float32Array, await floats(() => identity.latent(ours))),
      ];
      assert.ok(Math.max(...errors) < 1e-4, `batch ${count}: ${errors}`);
    }
    identity.dispose();
  });
}

test('ONNX of the feature network and the discriminator runs too', async () => {
  const features = await fileOf(...networksOf('efficientnet-lite0')[0]!);
  const network = new EfficientNetLite({ width: 1 / 8 }).eval();
  loadModule(network, features);
  const { nchw, ours } = image(7, 1, 64);
  const run = await runOnnx(exportOnnx(exportable(features)), { image: nchw });
  const deepest = await floats(() => network.features(ours).features.at(-1)!);
  assert.ok(relativeError(nhwc(run.features!.data as Float32Array, run.features!.dims), deepest) < 1e-4);
  const patch = await fileOf(...networksOf('patch-discriminator')[0]!);
  const discriminator = new PatchDiscriminator({ width: 1 / 32, layers: 4 }).eval();
  loadModule(discriminator, patch);
  const { logits } = await runOnnx(exportOnnx(exportable(patch)), { image: nchw });
  const expected = await floats(() => discriminator.forward(ours).logits);
  assert.ok(relativeError(nhwc(logits!.data as Float32Array, logits!.dims), expected) < 1e-4);
});

test.run();
