import { linear, type Tensor } from '@visage/tensor';
import { kaimingUniform } from '../initialisers.ts';
import { Layer } from '../module.ts';

/** Options of {@link Linear}. */
export interface LinearLayerOptions {
  readonly bias?: boolean;
  /** [C, H, W] of the map whose flattening feeds this layer: files list its elements channel first, this engine channel last. */
  readonly flattened?: readonly [number, number, number];
}

/**
 * Affine map y = x · weight + bias: [N, in] → [N, out].
 *
 * State: `weight` [in, out], `bias` [out]. Initial values are PyTorch's: U(±1/√in).
 */
export class Linear extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(inFeatures: number, outFeatures: number, options: LinearLayerOptions = {}) {
    super();
    const layout = options.flattened ? { flattened: options.flattened } : 'linear';
    this.weight = this.param('weight', kaimingUniform([inFeatures, outFeatures], inFeatures), layout);
    if (options.bias ?? true) this.bias = this.param('bias', kaimingUniform([outFeatures], inFeatures));
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
