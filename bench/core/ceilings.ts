/** @file The best rates of the device, measured in the same run. All other figures are given as a share of them. */
import { type Gpu, timeInterleaved } from '@visage/gpu';
import { cast, type DType, matmul, mean, noGrad, ones, record, scope, type Tensor } from '@visage/tensor';
import { launchMap } from '@visage/tensor/kernels';
import { checkHealth } from './health.ts';

/** The best rates that this device reached here. */
export interface Ceilings {
  /** GB/s of a plain copy, counting both what it reads and what it writes. */
  readonly copyGBps: number;
  /** GFLOP/s of a large square product in f32. */
  readonly gemmGflops: number;
  /** The same with f16 operands, where the device has them. */
  readonly halfGemmGflops?: number;
}

const ROUNDS = 5;

/**
 * Units of work per nanosecond, that is GB/s or GFLOP/s; throws if the work, which should give ones or fractions of
 * one, computes nothing.
 */
async function rate(gpu: Gpu, what: string, units: number, work: () => Tensor): Promise<number> {
  const step = record(() => noGrad(work));
  step.run();
  const [ms] = (await timeInterleaved(gpu, [step.commands], { rounds: ROUNDS })) as [number];
  const average = scope(() => noGrad(() => mean(step.result.detach())));
  const measured = units / ms / 1e6;
  checkHealth(`ceiling, ${what}`, { result: await average.item(), rate: measured });
  average.dispose();
  step.dispose();
  return measured;
}

/** Measures copy bandwidth and the best product. Small on a software adapter, 1 GiB and 4096³ on a GPU. */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  const { software } = gpu.adapter;
  const floats = software ? 2 ** 22 : Math.min(2 ** 28, gpu.device.limits.maxStorageBufferBindingSize / 4);
  const source = ones([Math.floor(floats / 4) * 4]);
  const copyGBps = await rate(gpu, 'copy', 2 * 4 * source.size, () => launchMap('copy', 'a', [source]));
  source.dispose();
  gpu.trim();

  const side = software ? 512 : 4096;
  const product = async (dtype: DType) => {
    const [a, b] = scope(() => {
      const make = () => cast(ones([side, side]).mul(1 / 64), dtype);
      return [make(), make()];
    }) as [Tensor, Tensor];
    const gflops = await rate(gpu, `product of ${dtype}`, 2 * side ** 3, () => matmul(a, b));
    a.dispose();
    b.dispose();
    return gflops;
  };
  const gemmGflops = await product('f32');
  if (!gpu.device.features.has('shader-f16')) return { copyGBps, gemmGflops };
  return { copyGBps, gemmGflops, halfGemmGflops: await product('f16') };
}
