import type { Tensor } from '@visage/tensor';
import { Layer } from '../module.ts';

/** A layer, or a function without state such as `relu`. */
export type Step = Layer | ((x: Tensor) => Tensor);

/**
 * Runs its steps one after the other.
 *
 * Layers are children named by their index; functions take an index too but have no state, so that PyTorch's numbering comes out:
 * in `new Sequential(pad, new Conv2d(…), new BatchNorm2d(…), relu)` the state is `1.weight`, `1.bias`, `2.weight`, …
 */
export class Sequential extends Layer {
  readonly steps: readonly Step[];

  constructor(...steps: readonly Step[]) {
    super();
    this.steps = steps;
    steps.forEach((step, index) => {
      if (step instanceof Layer) this.child(String(index), step);
    });
  }

  forward(x: Tensor): Tensor {
    return this.steps.reduce((value, step) => (step instanceof Layer ? step.forward(value) : step(value)), x);
  }
}
