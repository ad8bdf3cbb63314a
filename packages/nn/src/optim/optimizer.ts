import { ArgumentError, checkList, type GpuBuffer, showValue } from '@visage/gpu';
import { keep, type Tensor, tensor } from '@visage/tensor';
import { checkDType, moveTogether, sameShape, showShape, zerosTogether } from '@visage/tensor/kernels';
import type { Scaling } from './update.ts';

/** Parameters by name, as {@link Module.namedParameters} gives them. */
export type NamedParameters = Iterable<readonly [string, Tensor]>;

const NAMED = 'pairs of a name and a tensor, as namedParameters() gives them';

/** Throws unless `value` lies in [low, high). */
export function checkRange(
  op: string,
  argument: string,
  value: number,
  low: number,
  high = Number.POSITIVE_INFINITY,
): void {
  if (!Number.isFinite(value) || value < low || value >= high)
    throw new ArgumentError(op, argument, showValue(value), `a number from ${low} to below ${high}`);
}

/** Options that PyTorch's optimizers have and these do not, and what to do instead. */
export const MISSING_OPTIMIZER_OPTIONS = {
  lr: 'It is called learningRate',
  amsgrad: 'AMSGrad is not built',
  maximize: 'Negate the loss',
  dampening: 'Dampening is not built',
};

/** Throws if a tensor, or another one in its memory, is listed twice: a launch would change it for both at once. */
function checkDistinct(op: string, entries: readonly (readonly [string, Tensor])[]): void {
  const names = new Map<GpuBuffer, string>();
  for (const [name, { buffer }] of entries) {
    const other = names.get(buffer);
    if (other !== undefined)
      throw new ArgumentError(op, 'parameters', `one tensor as '${other}' and '${name}'`, 'each tensor once');
    names.set(buffer, name);
  }
}

/**
 * Base of the optimizers: changes parameters in place from given gradients. They move side by side in memory, as the moments lie, so that few launches reach all.
 *
 * A step is a handful of kernels that read the learning rate and count the steps on the device, so it can be part of a recorded step:
 * each replay counts, and sees the latest learning rate.
 */
export abstract class Optimizer {
  /** The tensors that steps change, in the order in which {@link Optimizer.step} takes gradients. */
  readonly parameters: readonly Tensor[];
  protected readonly names: readonly string[];
  /** The learning rate where kernels read it. */
  protected readonly rate: Tensor;
  #learningRate: number;

  constructor(parameters: NamedParameters, learningRate: number) {
    if (typeof parameters?.[Symbol.iterator] !== 'function')
      throw new ArgumentError(this.constructor.name, 'parameters', showValue(parameters), NAMED);
    const entries = [...parameters];
    for (const entry of entries)
      if (!Array.isArray(entry)) throw new ArgumentError(this.constructor.name, 'parameters', showValue(entry), NAMED);
    const first = entries[0];
    if (!first) throw new ArgumentError(this.constructor.name, 'parameters', 'an empty list', 'at least one tensor');
    checkRange(this.constructor.name, 'learningRate', learningRate, 0);
    this.names = entries.map(([name]) => name);
    this.parameters = entries.map(([, parameter]) => parameter);
    for (const [name, parameter] of entries) checkDType(this.constructor.name, name, parameter, 'f32');
    checkDistinct(this.constructor.name, entries);
    moveTogether(this.parameters);
    this.rate = keep(tensor([learningRate], [1], { gpu: first[1].gpu }));
    this.#learningRate = learningRate;
  }

  get learningRate(): number {
    return this.#learningRate;
  }

  /** Steps (and replays) from now on use this rate. */
  set learningRate(value: number) {
    checkRange(this.constructor.name, 'learningRate', value, 0);
    if (value === this.#learningRate) return;
    this.#learningRate = value;
    this.rate.write(Float32Array.of(value));
  }

  /**
   * Changes every parameter by its gradient.
   *
   * @param scaling set when they are those of a scaled loss; see `GradScaler.step`, which passes it.
   * @throws ArgumentError when the gradients do not match {@link Optimizer.parameters} in number or shape.
   */
  step(gradients: readonly Tensor[], scaling?: Scaling): void {
    const op = this.constructor.name;
    checkList(op, 'gradients', gradients, 'tensors');
    if (gradients.length !== this.parameters.length) {
      throw new ArgumentError(
        op,
        'gradients',
        `${gradients.length} tensors`,
        `${this.parameters.length}, one per parameter`,
      );
    }
    gradients.forEach((gradient, k) => {
      const { shape } = this.parameters[k] as Tensor;
      checkDType(op, `gradient of ${this.names[k]}`, gradient, 'f32');
      if (sameShape(gradient.shape, shape)) return;
      throw new ArgumentError(op, `gradient of ${this.names[k]}`, showShape(gradient.shape), showShape(shape));
    });
    this.update(gradients, scaling);
  }

  protected abstract update(gradients: readonly Tensor[], scaling?: Scaling): void;

  /**
   * What a checkpoint keeps: counters and moments under PyTorch's names, such as `conv.weight.exp_avg`. The tensors are the live ones:
   * `write()` into them to restore. The learning rate is not among them; it belongs to the schedule.
   */
  abstract stateDict(): Map<string, Tensor>;

  /** Gives the memory of moments and counters back, not that of the parameters. */
  dispose(): void {
    this.rate.dispose();
    for (const state of this.stateDict().values()) state.dispose();
  }

  /** A zero tensor like each parameter, alive until {@link Optimizer.dispose}. */
  protected zeros(): Tensor[] {
    return zerosTogether(
      this.parameters.map(({ shape }) => shape),
      this.rate.gpu,
    );
  }

  protected named(suffix: string, tensors: readonly Tensor[]): [string, Tensor][] {
    return tensors.map((state, k) => [`${this.names[k]}.${suffix}`, state]);
  }
}
