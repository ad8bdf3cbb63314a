import { ArgumentError, checkBoolean, checkOptions, f32, type OptionKeys } from '@visage/gpu';
import { optimSgd } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { launchInPlace } from './launch.ts';
import { checkRange, MISSING_OPTIMIZER_OPTIONS, type NamedParameters, Optimizer } from './optimizer.ts';
import type { Scaling } from './update.ts';

/** Hyperparameters of {@link Sgd}. */
export interface SgdOptions {
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  /** Step along the gradient at the place where the momentum leads. */
  readonly nesterov?: boolean;
}

const OPTIONS: OptionKeys<SgdOptions> = { learningRate: true, momentum: true, weightDecay: true, nesterov: true };

/**
 * Stochastic gradient descent with momentum μ and weight decay λ: b ← μ·b + g + λ·p, p ← p − lr·b, as PyTorch's `SGD`
 * has them.
 *
 * @throws ArgumentError from its constructor, for an option that there is not, or a value that is out of range.
 */
export class Sgd extends Optimizer {
  readonly options: Required<Omit<SgdOptions, 'learningRate'>>;
  #velocity: Tensor[];

  constructor(parameters: NamedParameters, options: SgdOptions = {}) {
    checkOptions('Sgd', options, OPTIONS, MISSING_OPTIMIZER_OPTIONS);
    super(parameters, options.learningRate ?? 1e-3);
    const { momentum = 0, weightDecay = 0, nesterov = false } = options;
    checkRange('Sgd', 'momentum', momentum, 0, 1);
    checkRange('Sgd', 'weightDecay', weightDecay, 0);
    checkBoolean('Sgd', 'nesterov', nesterov);
    if (nesterov && momentum === 0)
      throw new ArgumentError('Sgd', 'momentum', '0', 'a number above 0 with nesterov, which looks along the momentum');
    this.options = { momentum, weightDecay, nesterov };
    this.#velocity = this.zeros();
  }

  protected update(gradients: readonly Tensor[], scaling?: Scaling): void {
    const { momentum, weightDecay, nesterov } = this.options;
    const constants = { MOMENTUM: f32(momentum), DECAY: f32(weightDecay), NESTEROV: nesterov };
    launchInPlace(
      {
        name: 'sgd',
        rule: optimSgd,
        constants,
        written: 2,
        gradient: true,
        scalars: { learning_rate: this.rate },
        scaling,
      },
      this.parameters.map((parameter, k) => [parameter, this.#velocity[k] as Tensor, gradients[k] as Tensor]),
    );
  }

  override stateDict(): Map<string, Tensor> {
    return new Map(this.named('momentum_buffer', this.#velocity));
  }
}
