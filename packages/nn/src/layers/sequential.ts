import { ArgumentError, checkNumber, showValue } from '@visage/gpu';
import { type Activation, add, conv2d, leakyRelu, mul, relu, type Tensor } from '@visage/tensor';
import { Layer } from '../core/module.ts';
import { affineOf, BatchNorm } from './batchNorm.ts';
import { Conv2d } from './conv.ts';

/** A layer, or a function without state such as `relu`. */
export type Step = Layer | ((x: Tensor) => Tensor);

/** A leaky ReLU with its slope. */
export interface LeakyStep {
  (x: Tensor): Tensor;
  readonly slope: number;
}

/**
 * A leaky ReLU as a step, max(x, 0) + slope · min(x, 0). It is fused into a convolution or batch norm in front of it.
 */
export function leaky(slope: number): LeakyStep {
  checkNumber('leaky', 'slope', slope, 0);
  return Object.assign((x: Tensor) => leakyRelu(x, slope), { slope });
}

/** The slope of a step that is a ReLU or a leaky one. */
function slopeOf(step: Step | undefined): number | undefined {
  if (step === relu) return 0;
  return typeof step === 'function' ? (step as Partial<LeakyStep>).slope : undefined;
}

const activationOf = (slope: number | undefined): Activation | undefined =>
  slope === undefined ? undefined : { leakyRelu: slope };

/**
 * Whether a step is a `Conv2d` itself. A class that derives from it may compute its weight, so that it is not fused.
 */
const isPlain = (step: Step | undefined): step is Conv2d => step?.constructor === Conv2d;

/**
 * Whether a norm can be folded into the convolution in front of it: in evaluation it is an affine map, and neither may
 * need gradients of its parameters.
 */
const foldsInto = (norm: Step | undefined, conv: Conv2d): norm is BatchNorm =>
  norm instanceof BatchNorm &&
  !norm.training &&
  ![conv.weight, conv.bias, norm.weight, norm.bias].some((p) => p?.requiresGrad);

/**
 * A convolution, a norm in evaluation and an activation, as one convolution. Recorded steps compute its weight once,
 * and again only after the parameters changed.
 */
function folded(x: Tensor, conv: Conv2d, norm: BatchNorm, activation: Activation | undefined): Tensor {
  const { scale, shift } = affineOf(norm);
  const bias = conv.bias ? add(mul(conv.bias, scale), shift) : shift;
  return conv2d(x, mul(conv.weight, scale), bias, { ...conv.options, activation });
}

/**
 * Runs its steps one after the other. A convolution or batch norm and a ReLU right behind it become one kernel; so do a
 * convolution and a batch norm that are frozen and in evaluation.
 *
 * Layers are children named by their index; functions take an index too but have no state, so that PyTorch's numbering
 * comes out: in `new Sequential(pad, new Conv2d(…), new BatchNorm2d(…), relu)` the state is `1.weight`, `1.bias`,
 * `2.weight`, …
 */
export class Sequential extends Layer {
  readonly steps: readonly Step[];

  constructor(...steps: readonly Step[]) {
    super();
    this.steps = steps;
    steps.forEach((step, index) => {
      if (step instanceof Layer) this.child(String(index), step);
      else if (typeof step !== 'function')
        throw new ArgumentError('Sequential', `steps[${index}]`, showValue(step), 'a layer or a function of a tensor');
    });
  }

  forward(x: Tensor): Tensor {
    let value = x;
    for (let k = 0; k < this.steps.length; k++) {
      const [step, next] = [this.steps[k] as Step, this.steps[k + 1]];
      if (isPlain(step) && foldsInto(next, step)) {
        const slope = slopeOf(this.steps[k + 2]);
        value = folded(value, step, next, activationOf(slope));
        k += slope === undefined ? 1 : 2;
        continue;
      }
      const slope = slopeOf(next);
      if (slope !== undefined && (isPlain(step) || step instanceof BatchNorm)) {
        value = isPlain(step) ? step.forward(value, activationOf(slope)) : step.forward(value, slope);
        k++;
      } else value = step instanceof Layer ? step.forward(value) : step(value);
    }
    return value;
  }
}
