/** @file What runs inside the browser: checks by name, each resolving to plain values that browser.test.ts judges. */
import { openGpu, useGpu } from '@visage/gpu';
import { readPth, readSafetensors } from '@visage/nn';
import { grad, scope, type Tensor, tensor } from '@visage/tensor';
import { type CaseReport, goldenFile, runGoldenFile } from '../../packages/cli/src/conformance/index.ts';
import { lossesOf, tinyTrainer } from '../helpers/tinySwapper.ts';
import { archive, dictionary, legacyFile, tensorOf } from '../nn/pickles.ts';

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

/** Runs a golden file of test/golden/, eagerly and replayed. */
async function conformance(file: string): Promise<CaseReport[]> {
  const response = await fetch(`/golden/${file}`);
  if (!response.ok) throw new Error(`test/golden/${file}: status ${response.status}`);
  const golden = goldenFile(readSafetensors(new Uint8Array(await response.arrayBuffer()), file));
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

const checks = {
  device,
  torchFiles,
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
