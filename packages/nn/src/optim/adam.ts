import { ArgumentError, checkOptions, f32, type OptionKeys, showValue } from '@visage/gpu';
import { optimAdam, optimAdvance } from '@visage/kernels';
import { keep, type Tensor, tensor, zeros } from '@visage/tensor';
import { launchInPlace } from './launch.ts';
import { checkRange, MISSING_OPTIMIZER_OPTIONS, type NamedParameters, Optimizer } from './optimizer.ts';
import type { Scaling } from './update.ts';

/** Hyperparameters of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  readonly learningRate?: number;
  /** Shares of the past in the running means of gradients and of their squares. */
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
}

const OPTIONS: OptionKeys<AdamOptions> = { learningRate: true, betas: true, eps: true, weightDecay: true };
const LOG_FLOOR = -100; // ln 0 for the kernel: exp(−100) is 0 beside 1

/**
 * Adam (Kingma and Ba, 2015): steps of the running mean of gradients over the root of the running mean of their
 * squares.
 *
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − lr · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + eps). Weight decay λ adds λ·p
 * to the gradient.
 */
export class Adam extends Optimizer {
  readonly options: Required<Omit<AdamOptions, 'learningRate'>>;
  #first: Tensor[];
  #second: Tensor[];
  #step: Tensor;
  #corrections: Tensor;

  constructor(parameters: NamedParameters, options: AdamOptions = {}) {
    checkOptions(new.target.name, options, OPTIONS, MISSING_OPTIMIZER_OPTIONS);
    super(parameters, options.learningRate ?? 1e-3);
    this.options = {
      betas: options.betas ?? [0.9, 0.999],
      eps: options.eps ?? 1e-8,
      weightDecay: options.weightDecay ?? this.defaultWeightDecay,
    };
    const { betas } = this.options;
    if (!Array.isArray(betas) || betas.length !== 2)
      throw new ArgumentError(this.constructor.name, 'betas', showValue(betas), 'two numbers');
    for (const beta of this.options.betas) checkRange(this.constructor.name, 'betas', beta, 0, 1);
    checkRange(this.constructor.name, 'eps', this.options.eps, 0);
    checkRange(this.constructor.name, 'weightDecay', this.options.weightDecay, 0);
    this.#first = this.zeros();
    this.#second = this.zeros();
    const { gpu } = this.rate;
    this.#step = keep(tensor(Uint32Array.of(0), [1], { gpu }));
    this.#corrections = keep(zeros([2], { gpu }));
  }

  /** Whether weight decay shrinks parameters instead of adding to gradients. */
  protected get decoupled(): boolean {
    return false;
  }

  protected get defaultWeightDecay(): number {
    return 0;
  }

  protected update(gradients: readonly Tensor[], scaling?: Scaling): void {
    const [beta1, beta2] = this.options.betas;
    const { gpu } = this.rate;
    const logarithm = (beta: number) => f32(Math.max(LOG_FLOOR, Math.log(beta)));
    gpu.dispatch({
      program: {
        name: 'optim/advance',
        constants: { LOG_BETA1: logarithm(beta1), LOG_BETA2: logarithm(beta2) },
        parts: [skippedCode(scaling), optimAdvance],
      },
      buffers: [this.#step, this.#corrections, ...(scaling ? [scaling.foundInf] : [])].map(({ buffer }) => buffer),
      grid: [1, 1, 1],
    });
    const constants = {
      KEEP1: f32(beta1),
      TAKE1: f32(1 - beta1),
      KEEP2: f32(beta2),
      TAKE2: f32(1 - beta2),
      EPS: f32(this.options.eps),
      DECAY: f32(this.options.weightDecay),
      DECOUPLED: this.decoupled,
    };
    const scalars = { learning_rate: this.rate, corrections: this.#corrections };
    launchInPlace(
      { name: 'adam', rule: optimAdam, constants, written: 3, gradient: true, scalars, scaling },
      this.parameters.map((parameter, k) => [
        parameter,
        this.#first[k] as Tensor,
        this.#second[k] as Tensor,
        gradients[k] as Tensor,
      ]),
    );
  }

  override stateDict(): Map<string, Tensor> {
    return new Map([
      ['step', this.#step],
      ...this.named('exp_avg', this.#first),
      ...this.named('exp_avg_sq', this.#second),
    ]);
  }

  override dispose(): void {
    super.dispose();
    this.#corrections.dispose();
  }
}

/** WGSL of `fn skipped() -> bool`, behind the flag at binding 2 if there is one. */
const skippedCode = (scaling?: Scaling): string =>
  scaling
    ? '@group(0) @binding(2) var<storage, read> found : array<u32>;\nfn skipped() -> bool { return found[0] != 0u; }'
    : 'fn skipped() -> bool { return false; }';

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019): p ← p · (1 − lr·λ) before the step; λ = 0.01 by
 * default.
 */
export class AdamW extends Adam {
  protected override get decoupled(): boolean {
    return true;
  }

  protected override get defaultWeightDecay(): number {
    return 0.01;
  }
}
