import { ArgumentError, checkFunction, checkList, refuseAsync, showValue, VisageError } from '@visage/gpu';
import { noGrad } from '../core/autograd.ts';
import { castingNow, withCasting } from '../core/casting.ts';
import { fused } from '../core/fused.ts';
import { scope } from '../core/scope.ts';
import { showShape } from '../core/shape.ts';
import { checkTensor, Tensor } from '../core/tensor.ts';
import { drawingAgain, notingDraws } from './redraw.ts';

/**
 * Gradient checkpointing: computes `fn(...inputs)` without keeping its intermediate results, and computes it again when
 * gradients are asked for. It costs one more forward pass of the block and saves the memory of its results.
 *
 * `inputs` must name every tensor that `fn` uses and that requires a gradient, parameters included. Draws from a
 * `RandomState` give the second time the numbers of the first and count once, also in a recorded step. Other side
 * effects of `fn` happen twice: running statistics move twice, and random numbers of the host differ. Chen et al. 2016.
 *
 * @throws ArgumentError unless `inputs` are tensors and the result of `fn` is one; VisageError if `fn` is async, and,
 * when gradients are asked for, if `fn` uses a tensor that requires a gradient and is not among the inputs.
 */
export function checkpoint(fn: (...inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  checkList('checkpoint', 'inputs', inputs, 'tensors');
  for (const [k, x] of inputs.entries()) checkTensor('checkpoint', `inputs[${k}]`, x);
  checkFunction('checkpoint', 'fn', fn);
  const casting = castingNow();
  const states = new Map<Tensor, Tensor>();
  return fused({
    name: 'checkpoint',
    inputs,
    again: true,
    forward: () =>
      scope(() => {
        // A tensor of its own, also if fn returns an input.
        const y = notingDraws(states, () => noGrad(() => resultOf(fn, inputs).detach()));
        return { y, drawnFrom: [...states.values()] };
      }).y,
    composed: (...standIns) => {
      const y = drawingAgain(states, () => withCasting(casting, () => resultOf(fn, standIns)));
      checkSources(y, new Set(standIns));
      return y;
    },
  });
}

/** What fn makes of the inputs, which must be one tensor. */
function resultOf(fn: (...inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const y = fn(...inputs);
  refuseAsync('checkpoint', y);
  if (!(y instanceof Tensor)) throw new ArgumentError('checkpoint', 'the result of fn', showValue(y), 'one tensor');
  return y;
}

/** Throws unless every path from y to a tensor that requires a gradient ends at one of `sources`. */
function checkSources(y: Tensor, sources: ReadonlySet<Tensor>): void {
  const seen = new Set([y]);
  for (const x of seen) {
    if (sources.has(x) || !x.requiresGrad) continue;
    if (!x.node) {
      throw new VisageError(
        `checkpoint: fn uses a tensor ${showShape(x.shape)} that requires a gradient and is not among the inputs; add it there`,
      );
    }
    for (const input of x.node.inputs) seen.add(input);
  }
}
