import type { Gpu } from '@visage/gpu';
import { type CheckpointGroups, GradScaler, type Optimizer, type SafetensorsFile } from '@visage/nn';
import { autocast, concat, grad, noGrad, type Tensor } from '@visage/tensor';

/** What one player's scaler did. */
export interface ScalingReport {
  /** Factor of the loss in the next step. */
  readonly lossScale: number;
  /** Steps skipped since the run began, because a gradient overflowed. */
  readonly skipped: number;
}

/** Updates of each player skipped since the run began. */
export type SkippedUpdates = Readonly<Record<'generator' | 'discriminator', number>>;

/** Numbers of both players' reports. */
export const SCALING_NUMBERS = 4;

/** What a step in mixed precision has beside its parts: a loss scaler for each player. */
export class MixedPrecision {
  readonly generatorScaler: GradScaler;
  readonly discriminatorScaler: GradScaler;

  constructor(gpu: Gpu) {
    this.generatorScaler = new GradScaler({}, gpu);
    this.discriminatorScaler = new GradScaler({}, gpu);
  }

  /** Runs the forward pass of a step: activations are f16, losses f32. */
  forward<T>(fn: () => T): T {
    return autocast('f16', fn);
  }

  /** Moves both scales; after the updates of a step. */
  update(): void {
    this.generatorScaler.update();
    this.discriminatorScaler.update();
  }

  /** Both scalers' {@link ScalingReport}s as numbers, [{@link SCALING_NUMBERS}]. */
  report(): Tensor {
    return noGrad(() => concat([this.generatorScaler.report(), this.discriminatorScaler.report()], 0));
  }

  /** What a checkpoint keeps. */
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

/** The skipped updates that a checkpoint counts; none in f32. */
export function skippedIn({ tensors }: SafetensorsFile): SkippedUpdates | undefined {
  const [generator, discriminator] = ['generatorScaler', 'discriminatorScaler'].map(
    (scaler) => tensors.get(`${scaler}/counts`)?.host()[1],
  );
  return generator === undefined || discriminator === undefined ? undefined : { generator, discriminator };
}

/** Runs `fn` in the precision of a step. */
export const inPrecision = <T>(mixed: MixedPrecision | undefined, fn: () => T): T => (mixed ? mixed.forward(fn) : fn());

/** The gradients of a player's loss; scaled, if there is a scaler. */
export const gradientsOf = (loss: Tensor, { parameters }: Optimizer, scaler?: GradScaler): Tensor[] =>
  grad(scaler ? scaler.scale(loss) : loss, parameters);

/** Steps a player by such gradients. */
export function learn(optimizer: Optimizer, gradients: readonly Tensor[], scaler?: GradScaler): void {
  if (scaler) scaler.step(optimizer, gradients);
  else optimizer.step(gradients);
}
