/** @file What runs inside the browser: checks by name, each resolving to plain values that browser.test.ts judges. */
import { openGpu, useGpu } from '@visage/gpu';
import { readSafetensors } from '@visage/nn';
import { grad, record, scope, type Tensor, tensor } from '@visage/tensor';
import { type CaseReport, goldenFile, runGoldenFile } from '../../packages/cli/src/conformance/index.ts';

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

/** Three steps of gradient descent on |w - 1|², eagerly and replayed. */
async function threeSteps() {
  const step = (w: Tensor): Tensor => {
    w.requiresGrad = true;
    const [slope] = grad(w.sub(1).square().sum(), [w]) as [Tensor];
    return w.detach().sub(slope.mul(0.25));
  };
  const start = [3, -5, 0.1];
  let eager = tensor(start);
  for (let i = 0; i < 3; i++) {
    const w = eager;
    eager = scope(() => step(w));
  }
  const w = tensor(start);
  const recorded = record(() => step(w));
  for (let i = 0; i < 3; i++) w.write(await recorded.run().floats());
  return { eager: [...(await eager.data())], replayed: [...(await w.data())] };
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

const checks = {
  device,
  secondDerivative,
  threeSteps,
  operators: () => conformance('ops.safetensors'),
  secondOrder: () => conformance('second_order.safetensors'),
  optimizers: () => conformance('optim.safetensors'),
};

declare global {
  var visage: typeof checks;
}
globalThis.visage = checks;
