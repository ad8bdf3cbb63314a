import { leakyRelu, relu, type Tensor } from '@visage/tensor';
import { Layer } from '../module.ts';
import { BatchNorm } from './batchNorm.ts';

/** A layer, or a function without state such as `relu`. */
export type Step = Layer | ((x: Tensor) => Tensor);

/** A leaky ReLU that says its slope. */
export interface LeakyStep {
  (x: Tensor): Tensor;
  readonly slope: number;
}

/** max(x, 0) + slope · min(x, 0) as a step: a batch norm in front of it takes it in. */
export const leaky = (slope: number): LeakyStep => Object.assign((x: Tensor) => leakyRelu(x, slope), { slope });

/** The slope of a step that is a ReLU or a leaky one. */
function slopeOf(step: Step | undefined): number | undefined {
  if (step === relu) return 0;
  return typeof step === 'function' ? (step as Partial<LeakyStep>).slope : undefined;
}

/**
 * Runs its steps one after the other; a batch norm and a ReLU right behind it become one kernel.
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
    let value = x;
    for (let k = 0; k < this.steps.length; k++) {
      const step = this.steps[k] as Step;
      const slope = slopeOf(this.steps[k + 1]);
      if (step instanceof BatchNorm && slope !== undefined) {
        value = step.forward(value, slope);
        k++;
      } else value = step instanceof Layer ? step.forward(value) : step(value);
    }
    return value;
  }
}
