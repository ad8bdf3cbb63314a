import { checkInteger } from '@visage/gpu';
import { Module } from '@visage/nn';
import { type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import type { TfWeight } from './tfWeights.ts';

/** Tensors by name. */
export type Results<R> = { readonly [K in keyof R]: Tensor };

/**
 * A network that only computes: its weights are constants that were read from a file.
 *
 * @typeParam R the tensors that it computes of a batch of pictures.
 */
export abstract class FrozenNetwork<R extends Results<R>> extends Module {
  /** Height and width of the pictures that it takes. */
  abstract readonly size: number;

  /** The results for RGB pictures [N, size, size, 3] in [0, 1], checked by {@link FrozenNetwork.forward}. */
  protected abstract compute(pictures: Tensor): R;

  /**
   * Computes the results for RGB pictures [N, size, size, 3] in [0, 1], f32.
   *
   * @throws ArgumentError for other shapes and types.
   */
  forward(pictures: Tensor): R {
    this.check(pictures);
    return this.compute(pictures);
  }

  /** Throws what {@link FrozenNetwork.forward} throws, without computing anything. */
  check(pictures: Tensor): void {
    const name = this.constructor.name;
    checkDType(name, 'pictures', pictures, 'f32');
    checkShape(name, 'pictures', pictures.shape, [null, this.size, this.size, 3], 'RGB pictures in [0, 1]');
    checkInteger(name, 'batch', pictures.dim(0), 1);
  }

  /** Registers a constant. Names of TensorFlow hold slashes, which are fine; a dot would part a path. */
  protected constant(name: string, values: Float32Array, shape: readonly number[]): Tensor {
    const registered = this.buffer(name.replaceAll('.', '_'), tensor(values, shape));
    registered.buffer.freeze();
    return registered;
  }

  /** Registers a tensor of a file as it is. */
  protected constantOf(weights: ReadonlyMap<string, TfWeight>, name: string): Tensor {
    const { values, shape } = weights.get(name) as TfWeight;
    return this.constant(name, values, shape);
  }
}
