/**
 * @file Runs programs of several ops, which `test/golden/make_programs.py` generates at random, and computes their
 * value, first-order gradients and second-order gradients.
 */
import { VisageError } from '@visage/gpu';
import { inPrecision } from '@visage/simswap';
import { autocasting, cast, grad, type Tensor, tensor, zeros } from '@visage/tensor';
import type { CaseTensors, GoldenCase } from '../golden/golden.ts';
import type { Computed, Preparer } from '../golden/prepared.ts';
import { type ProgramArgs, programArgs } from '../golden/programArgs.ts';
import { LAYERS } from './layers.ts';
import type { Inputs, StepOp } from './op.ts';
import { POINTWISE } from './pointwise.ts';
import { SHAPES } from './shapes.ts';

/** For each op name in programs, how Visage computes it. */
export const STEP_OPS: Readonly<Record<string, StepOp>> = { ...POINTWISE, ...SHAPES, ...LAYERS };

/** Runs the steps of a program, each on the inputs and the results of earlier steps, and returns its value `y`. */
function run({ steps }: ProgramArgs, inputs: ReadonlyMap<string, Tensor>): Tensor {
  const values = new Map(inputs);
  for (const { op, in: names, args, out } of steps) {
    const call = STEP_OPS[op];
    if (!call) throw new VisageError(`op "${op}" is not one that programs have`);
    values.set(out, call(names.map((name) => values.get(name)) as unknown as Inputs, args));
  }
  return values.get('y') as Tensor;
}

/**
 * The gradients of y, with zeros for tensors that it does not depend on. `grad` throws for such tensors, whereas
 * PyTorch returns zeros where an op has a zero derivative everywhere.
 */
function gradients(y: Tensor, xs: readonly Tensor[], g: Tensor | undefined, createGraph: boolean): Tensor[] {
  const options = { createGraph, gradOutputs: g && [g] };
  const alone = (x: Tensor): Tensor => {
    try {
      return grad(y, [x], options)[0] as Tensor;
    } catch (error) {
      if (error instanceof VisageError && /does not influence/.test(error.message))
        return zeros(x.shape, { dtype: x.dtype, gpu: x.gpu });
      throw error;
    }
  };
  try {
    return grad(y, xs, options);
  } catch (error) {
    if (error instanceof VisageError && /does not influence/.test(error.message)) return xs.map(alone);
    throw error;
  }
}

/**
 * Returns the value and the gradients that the file has: those of the value under the given upstream gradient, and with
 * `second` also those of the sum of the squares of the former.
 */
function differentiate(y: Tensor, golden: GoldenCase, inputs: ReadonlyMap<string, Tensor>, second: boolean): Computed {
  if (golden.grad.length === 0) return { outputs: { y }, gradients: {} };
  const xs = golden.grad.map((name) => inputs.get(name) as Tensor);
  const named = (prefix: string, list: readonly Tensor[]) =>
    Object.fromEntries(golden.grad.map((name, k) => [prefix + name, list[k] as Tensor]));
  const first = gradients(y, xs, (inputs.get('g_y') as Tensor).reshape(y.shape), second);
  if (!second) return { outputs: { y }, gradients: named('', first) };
  const squares = first.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
  return {
    outputs: { y },
    gradients: { ...named('', first), ...named('d_', gradients(squares, xs, undefined, false)) },
  };
}

function load(golden: GoldenCase, tensors: CaseTensors): Map<string, Tensor> {
  const upload = (name: string) => {
    const { data, shape } = tensors.get(name);
    return tensor(data, shape, { requiresGrad: golden.grad.includes(name) });
  };
  return new Map([...golden.in, ...golden.param, 'g_y'].map((name) => [name, upload(name)]));
}

/** The preparation of a program, whose tensors have Visage's layout in the file already. */
export const programCase: Preparer = (golden, tensors) => {
  const args = programArgs(golden);
  const inputs = load(golden, tensors);
  const second = golden.grad.some((name) => tensors.has(`d_d_${name}`));
  const expected = (name: string) => tensors.get(name).data;
  const named = (prefix: string) => golden.grad.map((name) => [prefix + name, expected(`d_${prefix}${name}`)] as const);
  const compute = (): Computed => {
    const activation = ([name, x]: [string, Tensor]): [string, Tensor] =>
      autocasting() && x.dtype === 'f32' && golden.in.includes(name) ? [name, cast(x, 'f16')] : [name, x];
    return differentiate(run(args, new Map([...inputs].map(activation))), golden, inputs, second);
  };
  return {
    compute: () => (args.limits.mixed ? compute() : inPrecision('f32', compute)),
    inputs: [...inputs.values()],
    expected: {
      outputs: { y: expected('y') },
      gradients: Object.fromEntries([...named(''), ...(second ? named('d_') : [])]),
    },
  };
};
