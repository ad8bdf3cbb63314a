import { autocasting, cast, grad, type Tensor, tensor } from '@visage/tensor';
import type { CaseTensors, GoldenCase, GoldenTensor } from '../golden/golden.ts';
import { fromTorch, type Role } from '../golden/layout.ts';
import type { Computed, Preparer } from '../golden/prepared.ts';
import { isIllConditioned } from '../golden/tolerance.ts';

/** Tensors by their short names in the file. */
export type Named = Readonly<Record<string, Tensor>>;

/**
 * One op of the registry: its call, and the roles of tensors that differ from the default (inputs and outputs are
 * images, parameters are weights).
 */
export interface OpEntry {
  /** Computes the outputs; a single tensor stands for the case's first output. */
  readonly call: (inputs: Named, args: GoldenCase['args']) => Tensor | Named;
  readonly roles?: Readonly<Record<string, Role>>;
}

/** Uploads a stored tensor in Visage's layout. */
export function upload(x: GoldenTensor, role: Role, requiresGrad = false): Tensor {
  const ours = fromTorch(x, role);
  return tensor(ours.data, ours.shape, { requiresGrad });
}

/**
 * Creates the preparation of an op's cases, which uploads the inputs and converts expected outputs and gradients to
 * Visage's layout.
 */
export function opCase({ call, roles = {} }: OpEntry): Preparer {
  return (golden, tensors) => {
    const roleOf = (name: string): Role => roles[name] ?? (golden.param.includes(name) ? 'weight' : 'image');
    const host = (stored: string, like: string) => fromTorch(tensors.get(stored), roleOf(like)).data;
    const names = [...golden.in, ...golden.param];
    const load = (name: string) => upload(tensors.get(name), roleOf(name), golden.grad.includes(name));
    const inputs = Object.fromEntries(names.map((name) => [name, load(name)]));
    // In mixed precision the op receives images as f16. Parameters stay f32, and so do inputs that only f32 represents
    // accurately enough.
    const halved = (x: Tensor, name: string) =>
      autocasting(x.gpu) && x.dtype === 'f32' && x.rank > 1 && roleOf(name) === 'image' && !isIllConditioned(golden);
    const activation = (x: Tensor, name: string) => (halved(x, name) ? cast(x, 'f16') : x);
    const upstream = uploadUpstream(golden, tensors, roleOf);
    const table = (list: readonly string[], prefix: string) =>
      Object.fromEntries(list.map((name) => [name, host(prefix + name, name)]));
    return {
      compute: () => differentiate(golden, call(mapped(inputs, activation), golden.args), inputs, upstream),
      inputs: [...Object.values(inputs), ...upstream.values()],
      expected: { outputs: table(golden.out, ''), gradients: table(golden.grad, 'd_') },
    };
  };
}

const mapped = (named: Named, fn: (x: Tensor, name: string) => Tensor): Named =>
  Object.fromEntries(Object.entries(named).map(([name, x]) => [name, fn(x, name)]));

/**
 * Uploads the upstream gradients of the outputs. An output without one, such as a running statistic, is not
 * differentiated.
 */
function uploadUpstream(golden: GoldenCase, tensors: CaseTensors, roleOf: (name: string) => Role): Map<string, Tensor> {
  const flowing = golden.out.filter((name) => tensors.has(`g_${name}`));
  return new Map(flowing.map((name) => [name, upload(tensors.get(`g_${name}`), roleOf(name))]));
}

/**
 * Computes the gradients of the tensors in `golden.grad` under the given upstream gradients, and returns them with the
 * outputs by name.
 */
export function differentiate(
  golden: GoldenCase,
  result: Tensor | Named,
  inputs: Named,
  upstream: ReadonlyMap<string, Tensor>,
): Computed {
  const outputs: Named = isTensor(result) ? { [golden.out[0] as string]: result } : result;
  if (golden.grad.length === 0) return { outputs, gradients: {} };
  const flowing = [...upstream.keys()];
  const gradients = grad(
    flowing.map((name) => outputs[name] as Tensor),
    golden.grad.map((name) => inputs[name] as Tensor),
    { gradOutputs: flowing.map((name) => alike(upstream.get(name) as Tensor, outputs[name] as Tensor)) },
  );
  return { outputs, gradients: Object.fromEntries(golden.grad.map((name, k) => [name, gradients[k] as Tensor])) };
}

// Golden files store scalars with shape [1].
const alike = (g: Tensor, y: Tensor): Tensor => (g.size === 1 ? g.reshape(y.shape) : g);

const isTensor = (value: Tensor | Named): value is Tensor => typeof (value as Tensor).dtype === 'string';
