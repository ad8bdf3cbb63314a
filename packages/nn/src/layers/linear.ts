import { ArgumentError, checkBoolean, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { linear, type Tensor } from '@visage/tensor';
import { checkExtents, sizeOf } from '@visage/tensor/kernels';
import { kaimingUniform } from '../core/initialisers.ts';
import type { Layout } from '../core/layouts.ts';
import { Layer } from '../core/module.ts';

/** Options of {@link Linear}. */
export interface LinearLayerOptions {
  readonly bias?: boolean;
  /** [C, H, W] of the map whose flattening feeds this layer: files list its elements channel first, this engine channel last. */
  readonly flattened?: readonly [number, number, number];
  /** [C, H, W] of the map that the result is made, in the same way. */
  readonly unflattened?: readonly [number, number, number];
}

const OPTIONS: OptionKeys<LinearLayerOptions> = { bias: true, flattened: true, unflattened: true };

/** Throws unless `map` is the [C, H, W] of as many features. */
function checkMap(argument: string, map: readonly number[] | undefined, features: number): void {
  if (map === undefined) return;
  checkExtents(`Linear: ${argument}`, map);
  if (map.length !== 3 || sizeOf(map) !== features)
    throw new ArgumentError('Linear', argument, `[${map.join(', ')}]`, `[C, H, W] of ${features} elements`);
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
    for (const [name, value] of Object.entries({ inFeatures, outFeatures })) checkInteger('Linear', name, value, 1);
    checkOptions('Linear', options, OPTIONS);
    const { bias = true, flattened, unflattened } = options;
    checkBoolean('Linear', 'bias', bias);
    checkMap('flattened', flattened, inFeatures);
    checkMap('unflattened', unflattened, outFeatures);
    if (flattened && unflattened)
      throw new ArgumentError(
        'Linear',
        'options',
        'flattened and unflattened',
        'one of them',
        'Put two layers in a row',
      );
    const result: Layout = unflattened ? { unflattened } : 'plain';
    const layout: Layout = flattened ? { flattened } : unflattened ? result : 'linear';
    this.weight = this.param('weight', kaimingUniform([inFeatures, outFeatures], inFeatures), layout);
    if (bias) this.bias = this.param('bias', kaimingUniform([outFeatures], inFeatures), result);
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
