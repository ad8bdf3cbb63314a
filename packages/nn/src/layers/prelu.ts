import { checkInteger } from '@visage/gpu';
import { full, prelu, type Tensor } from '@visage/tensor';
import { Layer } from '../core/module.ts';

/**
 * Leaky rectifier with a trained slope: y = max(x, 0) + weight · min(x, 0), one slope for all channels or one each.
 *
 * State: `weight` [slopes], initially 0.25.
 */
export class PReLU extends Layer {
  readonly weight: Tensor;

  /** @param slopes 1, or the number of channels. */
  constructor(slopes = 1) {
    super();
    checkInteger('PReLU', 'slopes', slopes, 1);
    this.weight = this.param('weight', full([slopes], 0.25));
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
