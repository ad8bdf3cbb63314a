import { VisageError } from '@visage/gpu';
import { noGrad } from './autograd.ts';
import { castingNow, withCasting } from './casting.ts';
import { fused } from './fused.ts';
import { scope } from './scope.ts';
import { showShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * Gradient checkpointing: computes `fn(...inputs)` without keeping its intermediate results, and computes it again when gradients are asked for.
 *
 * Trades one more forward pass of the block for its memory. `inputs` must name every tensor that requires a gradient and that fn uses, parameters
 * included. What fn does besides happens twice: random draws differ the second time, and running statistics move twice. Chen et al. 2016.
 *
 * @throws VisageError when gradients are asked for and fn turns out to use others.
 */
export function checkpoint(fn: (...inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const casting = castingNow();
  return fused({
    name: 'checkpoint',
    inputs,
    again: true,
    forward: () => scope(() => noGrad(() => fn(...inputs).detach())), // a tensor of its own, also if fn returns an input
    composed: (...standIns) => {
      const y = withCasting(casting, () => fn(...standIns));
      checkSources(y, new Set(standIns));
      return y;
    },
  });
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
