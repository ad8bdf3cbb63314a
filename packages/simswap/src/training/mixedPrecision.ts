import type { Gpu } from '@visage/gpu';
import { type CheckpointGroups, GradScaler, type Optimizer, type SafetensorsFile } from '@visage/nn';
import { concat, grad, noGrad, type Tensor } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';

/** What the loss scaler of one network did. */
export interface ScalingReport {
  /** Factor of the loss in the next step. */
  readonly lossScale: number;
  /** Steps skipped since the run began, because a gradient overflowed. */
  readonly skipped: number;
}

/** Updates of each network that were skipped since the run began. */
export type SkippedUpdates = Readonly<Record<'generator' | 'discriminator', number>>;

/** Numbers in the reports of both scalers. */
export const SCALING_NUMBERS = 4;

/** What a step in mixed precision needs besides: a loss scaler for each network. */
export class MixedPrecision {
  /** The precision of the forward pass: activations are f16, losses f32. */
  readonly precision = 'mixed';
  readonly generatorScaler: GradScaler;
  readonly discriminatorScaler: GradScaler;

  constructor(gpu: Gpu) {
    this.generatorScaler = new GradScaler({}, gpu);
    this.discriminatorScaler = new GradScaler({}, gpu);
  }

  /** Both scalers' {@link ScalingReport}s as numbers, [{@link SCALING_NUMBERS}]. */
  report(): Tensor {
    return noGrad(() => concat([this.generatorScaler.report(), this.discriminatorScaler.report()], 0));
  }

  /** What a checkpoint stores: the scales, and what was counted. */
  state(): CheckpointGroups {
    return {
      generatorScaler: this.generatorScaler.stateDict(),
      discriminatorScaler: this.discriminatorScaler.stateDict(),
    };
  }

  dispose(): void {
    for (const owned of [this.generatorScaler, this.discriminatorScaler]) owned.dispose();
  }
}

/** The reports in numbers of {@link MixedPrecision.report}, or `undefined` when there are none, in f32. */
export function scalingIn(
  numbers: Float32Array,
): Readonly<Record<'generator' | 'discriminator', ScalingReport>> | undefined {
  if (numbers.length === 0) return undefined;
  const report = (from: number): ScalingReport => ({
    lossScale: elementOf(numbers, from, 'scaling'),
    skipped: elementOf(numbers, from + 1, 'scaling'),
  });
  return { generator: report(0), discriminator: report(2) };
}

/** The skipped updates that a checkpoint counts; none in f32. */
export function skippedIn({ tensors }: SafetensorsFile): SkippedUpdates | undefined {
  const [generator, discriminator] = ['generatorScaler', 'discriminatorScaler'].map(
    (scaler) => tensors.get(`${scaler}/counts`)?.host()[1],
  );
  return generator === undefined || discriminator === undefined ? undefined : { generator, discriminator };
}

/** The gradients of a network's loss with respect to its optimizer's parameters; scaled, if there is a scaler. */
export const gradientsOf = (loss: Tensor, { parameters }: Optimizer, scaler?: GradScaler): Tensor[] =>
  grad(scaler ? scaler.scale(loss) : loss, parameters);

/** Steps an optimizer by gradients of {@link gradientsOf}. */
export function update(optimizer: Optimizer, gradients: readonly Tensor[], scaler?: GradScaler): void {
  if (scaler) scaler.step(optimizer, gradients);
  else optimizer.step(gradients);
}
