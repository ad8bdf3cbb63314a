import { VisageError } from '@visage/gpu';
import { optimCopy, optimEma } from '@visage/kernels';
import { assign, keep, type Tensor, tensor } from '@visage/tensor';
import { moveTogether, sameShape } from '@visage/tensor/kernels';
import type { Module } from '../core/module.ts';
import { launchInPlace } from './launch.ts';
import { checkRange } from './optimizer.ts';
import type { Scaling } from './update.ts';

/**
 * Keeps in `average` the exponential moving average of the parameters of `source`: a ← decay·a + (1 − decay)·p.
 *
 * Buffers (running statistics) are copied. `average` is a second module of the same architecture; it starts as a copy, frozen and in
 * evaluation mode, and serves for sampling and saving.
 */
export class ExponentialMovingAverage<M extends Module> {
  #parameters: [average: Tensor, source: Tensor][];
  #buffers: [average: Tensor, source: Tensor][];
  #share: Tensor;
  #decay: number;

  constructor(
    readonly source: M,
    readonly average: M,
    decay = 0.999,
  ) {
    checkRange('ExponentialMovingAverage', 'decay', decay, 0, 1);
    this.#parameters = pairs(average.namedParameters(), source.namedParameters());
    this.#buffers = pairs(average.namedBuffers(), source.namedBuffers());
    for (const [copy, original] of [...this.#parameters, ...this.#buffers]) assign(copy, original);
    average.freeze().eval();
    moveTogether(average.parameters());
    this.#decay = decay;
    this.#share = keep(tensor([1 - decay], [1], { gpu: source.gpu }));
  }

  get decay(): number {
    return this.#decay;
  }

  /** Updates (and replays) from now on use this decay. */
  set decay(value: number) {
    checkRange('ExponentialMovingAverage', 'decay', value, 0, 1);
    if (value === this.#decay) return;
    this.#decay = value;
    this.#share.write(Float32Array.of(1 - value));
  }

  /**
   * Moves the average towards the source; call it after each optimizer step. May be part of a recorded step.
   *
   * @param scaling the scaler of that step, before its own update: a step that it skipped does not count here either.
   */
  update(scaling?: Scaling): void {
    const scalars = { share: this.#share };
    launchInPlace({ name: 'ema', rule: optimEma, written: 1, scalars, scaling }, this.#parameters);
    launchInPlace({ name: 'copy', rule: optimCopy, written: 1, scalars: {}, scaling }, this.#buffers);
  }

  /** Gives the memory of the decay back; the modules belong to the caller. */
  dispose(): void {
    this.#share.dispose();
  }
}

function pairs(average: ReadonlyMap<string, Tensor>, source: ReadonlyMap<string, Tensor>): [Tensor, Tensor][] {
  const different = [...source].find(([name, tensor]) => !sameShape(average.get(name)?.shape ?? [-1], tensor.shape));
  if (different || average.size !== source.size) {
    const where = different ? `'${different[0]}' differs` : `${average.size} tensors against ${source.size}`;
    throw new VisageError(`ExponentialMovingAverage: average and source are not of one architecture: ${where}`);
  }
  return [...source].map(([name, tensor]) => [average.get(name) as Tensor, tensor]);
}
