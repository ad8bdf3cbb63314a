/** @file What runs inside the browser: checks by name, each resolving to plain values that browser.test.ts judges. */

import { type CaseReport, goldenFile, runGoldenFile } from '@visage/conformance';
import { openGpu, useGpu } from '@visage/gpu';
import { type FileTensor, readPth, readSafetensors } from '@visage/nn';
import { browserCodec, picture, syntheticXmp } from '@visage/photos';
import { exportable, exportOnnx, importedFile, importKinds, importNetwork, loadSwapper } from '@visage/simswap';
import { grad, scope, type Tensor, tensor } from '@visage/tensor';
import { relativeError } from '../helpers/goldens.ts';
import { lossesOf, tinyTrainer } from '../helpers/tinySwapper.ts';
import { archive, dictionary, legacyFile, tensorOf } from '../nn/pickles.ts';
import { hashedTensor, latents, nhwc } from '../simswap/hashed.ts';

/** Opens the device, and tells its adapter and what sets WebGPU's default limits apart from an adapter's own. */
async function device() {
  const gpu = useGpu(await openGpu(navigator.gpu, { profile: 'browser' }));
  const { maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = gpu.device.limits;
  return {
    adapter: gpu.adapter,
    limits: { maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
    features: [...gpu.device.features],
  };
}

/** d²/dx² Σx³ = 6x: graph, kernels and readback, twice differentiated. */
async function secondDerivative() {
  const x = tensor([1, -2, 3]);
  x.requiresGrad = true;
  const twice = scope(() => {
    const [first] = grad(x.square().mul(x).sum(), [x], { createGraph: true }) as [Tensor];
    const [second] = grad(first.sum(), [x]) as [Tensor];
    return second;
  });
  return [...(await twice.data())];
}

/** The losses of three training steps of a small SimSwap on procedural faces, eagerly and replayed. */
async function threeTrainingSteps() {
  const run = async (replay: boolean): Promise<number[][]> => {
    const trainer = tinyTrainer({ replay });
    const losses = await lossesOf(trainer, 3);
    trainer.dispose();
    return losses;
  };
  return { eager: await run(false), replayed: await run(true) };
}

/** A file below test/. */
async function download(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`test${path}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Runs a golden file of test/golden/, eagerly and replayed. */
async function conformance(file: string): Promise<CaseReport[]> {
  const golden = goldenFile(readSafetensors(await download(`/golden/${file}`), file));
  const reports: CaseReport[] = [];
  for await (const report of runGoldenFile(golden)) reports.push(report);
  return reports;
}

/** The values that PyTorch files of both formats hold, the ZIP archive deflated. */
async function torchFiles(): Promise<number[][]> {
  const values = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const deflated = new Blob([values]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const packed = new Uint8Array(await new Response(deflated).arrayBuffer());
  const state = dictionary('w', tensorOf());
  const files = [archive(state, { 'archive/data/0': { bytes: values, packed } }), legacyFile(state)];
  return Promise.all(files.map(async (file) => [...((await readPth(file)).tensors.get('w')?.floats() ?? [])]));
}

/**
 * A generator and an identity network of torch.save, imported: the error of a swap against PyTorch's, and the generator
 * as ONNX.
 */
async function torchNetworks() {
  const fixture = async (name: string) => readPth(await download(`/nn/fixtures/${name}`), name);
  const imported = async (name: string, as: string) => {
    const kind = importKinds.find((each) => each.name === as) as (typeof importKinds)[number];
    return readSafetensors(importedFile(importNetwork(await fixture(name), kind), name), name);
  };
  const generator = await imported('generator.pth', 'generator-224');
  const identity = await imported('arcface.tar', 'arcface-se-ir');
  const swapper = loadSwapper(generator, { identity });
  const swapped = scope(() => swapper.swap(hashedTensor(5, [1, 3, 32, 32]), latents(1, 16)));
  const expected = (await fixture('expected.pth')).tensors.get('released') as FileTensor;
  return {
    error: relativeError(await swapped.floats(), nhwc(expected.floats(), expected.shape)),
    onnx: [...exportOnnx(exportable(generator))],
  };
}

/** A smooth picture, written with a mark and read again, in each format that browsers write; and what is refused. */
async function pictures() {
  const [width, height] = [48, 32];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, k) => {
    const [x, y] = [(k >> 2) % width, Math.floor((k >> 2) / width)];
    return [40 + 4 * x, 30 + 6 * y, 200 - 3 * x, 255][k & 3] as number;
  });
  const formats = ['jpeg', 'png', 'webp'] as const;
  const files = formats.map(async (format) => {
    const bytes = await browserCodec.encode(picture(width, height, data), format, { xmp: syntheticXmp });
    const back = await browserCodec.decode(bytes, format);
    const error = back.data.reduce((most, value, k) => Math.max(most, Math.abs(value - (data[k] as number))), 0);
    return { format, bytes: [...bytes], size: [back.width, back.height], error };
  });
  const clear = picture(1, 1, Uint8Array.of(0, 0, 0, 0));
  const onWhite = await browserCodec.decode(await browserCodec.encode(clear, 'jpeg'), 'clear.jpg');
  const broken = browserCodec.decode(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0), 'torn.jpg');
  const message = await broken.then(String, (error: Error) => error.message);
  return { files: await Promise.all(files), onWhite: [...onWhite.data], message };
}

const checks = {
  device,
  pictures,
  torchFiles,
  torchNetworks,
  secondDerivative,
  threeTrainingSteps,
  operators: () => conformance('ops.safetensors'),
  secondOrder: () => conformance('second_order.safetensors'),
  optimizers: () => conformance('optim.safetensors'),
};

declare global {
  var visage: typeof checks;
}
globalThis.visage = checks;
