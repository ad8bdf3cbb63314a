import { ArgumentError, checkInteger, checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import { add, batchNorm, mul, ones, rsqrt, sub, type Tensor, zeros } from '@visage/tensor';
import { checkTensor, showShape } from '@visage/tensor/kernels';
import { Layer } from '../core/module.ts';

/** Options of {@link BatchNorm2d} and {@link BatchNorm1d}. */
export interface BatchNormLayerOptions {
  readonly eps?: number;
  /** Share of the batch statistics in each update of the running ones. */
  readonly momentum?: number;
}

const OPTIONS: OptionKeys<BatchNormLayerOptions> = { eps: true, momentum: true };

/** Options of PyTorch's layer, and what to do without them. */
const MISSING = {
  affine: 'Weight and bias are always there; freeze() them',
  trackRunningStats: 'Running statistics are always kept',
};

/**
 * Normalises each channel (last axis): y = (x − mean) / √(var + eps) · weight + bias.
 *
 * In training the statistics are those of the batch (biased variance), and the running ones move towards them by `momentum` (with the
 * unbiased variance, as PyTorch does); in evaluation the running ones serve.
 *
 * State: `weight`, `bias`, `running_mean`, `running_var`, each [channels].
 */
export abstract class BatchNorm extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly eps: number;
  readonly momentum: number;
  protected abstract readonly rank: number;

  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super();
    const op = this.constructor.name;
    checkInteger(op, 'channels', channels, 1);
    checkOptions(op, options, OPTIONS, MISSING);
    this.weight = this.param('weight', ones([channels]));
    this.bias = this.param('bias', zeros([channels]));
    this.runningMean = this.buffer('running_mean', zeros([channels]));
    this.runningVar = this.buffer('running_var', ones([channels]));
    this.eps = options.eps ?? 1e-5;
    this.momentum = options.momentum ?? 0.1;
    checkNumber(op, 'eps', this.eps, 0);
    checkNumber(op, 'momentum', this.momentum, 0, 1, 'It is the share of the new value in the running statistics');
  }

  /** @param slope of a leaky ReLU behind the norm, 0 for a ReLU: in training it costs nothing there. */
  forward(x: Tensor, slope?: number): Tensor {
    checkTensor(this.constructor.name, 'x', x);
    const channels = this.weight.size;
    if (x.rank !== this.rank || x.dim(-1) !== channels) {
      const expected = `rank ${this.rank} with ${channels} channels last`;
      throw new ArgumentError(this.constructor.name, 'x', showShape(x.shape), expected);
    }
    return batchNorm(x, this.weight, this.bias, this.runningMean, this.runningVar, {
      train: this.training,
      momentum: this.momentum,
      eps: this.eps,
      slope,
    });
  }
}

/** y = x · scale + shift, per channel; both [channels]. */
export interface Affine {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/** What a batch norm computes in evaluation. */
export function affineOf(norm: BatchNorm): Affine {
  const scale = mul(norm.weight, rsqrt(add(norm.runningVar, norm.eps)));
  return { scale, shift: sub(norm.bias, mul(norm.runningMean, scale)) };
}

/** Batch normalisation of [N, H, W, C] images. */
export class BatchNorm2d extends BatchNorm {
  protected readonly rank = 4;
}

/** Batch normalisation of [N, C] vectors. */
export class BatchNorm1d extends BatchNorm {
  protected readonly rank = 2;
}
