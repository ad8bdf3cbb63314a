import {
  ArgumentError,
  checkBoolean,
  checkFunction,
  checkList,
  checkOptions,
  DynamicScope,
  type GpuBuffer,
  nextMoment,
  type OptionKeys,
  type SavedBy,
  VisageError,
} from '@visage/gpu';
import { castingNow, onlyCopies, withCasting } from './casting.ts';
import type { DType } from './dtype.ts';
import { sameShape, showShape } from './shape.ts';
import { checkFloat } from './storage.ts';
import { checkTensor, type Tensor } from './tensor.ts';

/**
 * Gradients with respect to the inputs, given the gradient of the output. It is written with ops, so that it can be
 * differentiated again.
 *
 * `needs[k]` says whether input k's gradient is wanted; the others may be `undefined`.
 */
export type Backward = (gradOutput: Tensor, needs: readonly boolean[]) => readonly (Tensor | undefined)[];

/** How a tensor was computed. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly backward: Backward;
  /**
   * The moment after the op ran. Nodes of its inputs have smaller numbers, and a tensor that was overwritten at a later
   * moment no longer has the values that the op read.
   */
  readonly order: number;
}

const enabled = new DynamicScope(true);

/** Whether ops build a graph now; false inside {@link noGrad}. */
export const gradEnabled = (): boolean => enabled.value;

function withGrad<T>(on: boolean, fn: () => T): T {
  const name = on ? 'enableGrad' : 'noGrad';
  checkFunction(name, 'fn', fn);
  return enabled.run(name, on, fn);
}

/**
 * Runs `fn` without building a graph.
 *
 * @throws ArgumentError unless `fn` is a function; VisageError if it is async.
 */
export const noGrad = <T>(fn: () => T): T => withGrad(false, fn);

/**
 * Runs `fn` building a graph, also inside `noGrad`.
 *
 * @throws ArgumentError unless `fn` is a function; VisageError if it is async.
 */
export const enableGrad = <T>(fn: () => T): T => withGrad(true, fn);

/** Sees every op's name and result, in order. */
export type OpWatcher = (op: string, out: Tensor) => void;

const watcher = new DynamicScope<OpWatcher | undefined>(undefined);

/**
 * Runs `fn`, which must not be async, and shows the result of each op to `watch`; ops that `watch` itself runs are not
 * shown.
 *
 * @throws VisageError if `fn` is async.
 */
export const watchOps = <T>(watch: OpWatcher, fn: () => T): T =>
  watcher.run('watchOps', (op, out) => unwatched(() => watch(op, out)), fn);

/** Runs `fn`, which must not be async, without showing its ops to {@link watchOps}. */
export const unwatched = <T>(fn: () => T): T => watcher.run('unwatched', undefined, fn);

/**
 * Marks `out` as computed by `op` from `inputs`, if anything among them requires a gradient.
 *
 * CONTRACT for a new op: `backward` must use `gradOutput` (not assume ones), must be written with differentiable ops,
 * and must return `undefined` only for inputs that are not differentiable or not needed.
 */
export function track(op: string, out: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  watcher.value?.(op, out);
  if (!enabled.value || !inputs.some((x) => x.requiresGrad)) return out;
  const casting = onlyCopies(castingNow());
  const remembering: Backward = casting ? (g, needs) => withCasting(casting, () => backward(g, needs)) : backward;
  out.node = { op, inputs, backward: remembering, order: nextMoment() };
  out.requiresGrad = true;
  return out;
}

export interface GradOptions {
  /** Build a graph of the gradient itself, for gradients of gradients. */
  readonly createGraph?: boolean;
  /** Gradients that flow into the outputs; ones by default, which needs scalar outputs. */
  readonly gradOutputs?: readonly Tensor[];
}

const GRAD_OPTIONS: OptionKeys<GradOptions> = { createGraph: true, gradOutputs: true };

/** Throws unless `ys` and `xs` are tensors, and the options fit them. */
function checkGradArguments(op: string, ys: readonly Tensor[], xs: readonly Tensor[], options: GradOptions): void {
  checkList(op, 'xs', xs, 'tensors');
  for (const [k, y] of ys.entries()) checkTensor(op, `ys[${k}]`, y);
  for (const [k, x] of xs.entries()) checkTensor(op, `xs[${k}]`, x);
  checkOptions(op, options, GRAD_OPTIONS);
  const { createGraph, gradOutputs } = options;
  if (createGraph !== undefined) checkBoolean(op, 'createGraph', createGraph);
  if (gradOutputs === undefined) return;
  checkList(op, 'gradOutputs', gradOutputs, 'tensors');
  if (gradOutputs.length !== ys.length)
    throw new ArgumentError(op, 'gradOutputs', `${gradOutputs.length} tensors`, `${ys.length}, one for each output`);
  for (const [k, g] of gradOutputs.entries()) checkFloat(op, `gradOutputs[${k}]`, g);
}

/**
 * Gradients of `ys` with respect to each of `xs`: sum over y of (dy/dx)ᵀ · gradOutput.
 *
 * `ys` are scalars, or `gradOutputs` has a gradient for each. The result has a tensor for each x, of its shape and
 * type. Only the part of the graph between `xs` and `ys` is visited.
 *
 * @throws ArgumentError for what are no tensors, and for gradients of other shapes or number than `ys`.
 * @throws VisageError that names an x which influences no y, a y which is no scalar, an op without a gradient, or an op
 * whose inputs were overwritten since it ran.
 */
export function grad(ys: Tensor | readonly Tensor[], xs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  const outputs = Array.isArray(ys) ? (ys as readonly Tensor[]) : [ys as Tensor];
  checkGradArguments('grad', outputs, xs, options);
  const flowing = flow(outputs, new Set(xs), options);
  return xs.map((x, k) => {
    const g = flowing.get(x);
    if (!g)
      throw new VisageError(
        `grad: x[${k}] ${showShape(x.shape)} does not influence ${outputs.map(String).join(', ')}; was it detached, or made under noGrad?`,
      );
    return g;
  });
}

/**
 * Adds the gradients of a scalar `y` to the `grad` of every leaf that requires one.
 *
 * @throws ArgumentError and VisageError as {@link grad}.
 */
export function backward(y: Tensor, options: GradOptions = {}): void {
  checkGradArguments('backward', [y], [], options);
  const leaves = new Set<Tensor>();
  visit([y], (x) => {
    if (!x.node && x.requiresGrad) leaves.add(x);
  });
  for (const [x, g] of flow([y], leaves, options)) {
    if (leaves.has(x)) x.grad = x.grad ? withGrad(false, () => rules().addAll([x.grad as Tensor, g])) : g;
  }
}

/** Ops that the engine itself needs, handed in by the op modules to keep this file free of cycles. */
export interface EngineOps {
  /** The sum of tensors of one shape. */
  addAll(terms: readonly Tensor[]): Tensor;
  /** The sum of each list, without a graph. */
  addLists(lists: readonly (readonly Tensor[])[]): Tensor[];
  onesLike(x: Tensor): Tensor;
  cast(x: Tensor, dtype: DType): Tensor;
}
let engineOps: EngineOps | undefined;
export const installEngineOps = (ops: EngineOps): void => {
  engineOps = ops;
};
const rules = (): EngineOps => engineOps as EngineOps;

function visit(roots: readonly Tensor[], each: (x: Tensor) => void): void {
  const seen = new Set<Tensor>(roots);
  const stack = [...roots];
  for (let x = stack.pop(); x; x = stack.pop()) {
    each(x);
    for (const input of x.node?.inputs ?? []) {
      if (input.requiresGrad && !seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
}

/** What the gradient of the op that made `out` reads of the forward pass, and the error if that was overwritten. */
function savedBy(out: Tensor, node: Node, gradOutput: Tensor): SavedBy {
  const { op, inputs, order } = node;
  const refuse = (buffer: GpuBuffer): VisageError => {
    const has = (x: Tensor) => x.buffer.contents.includes(buffer);
    const at = inputs.findIndex(has);
    const needed =
      at >= 0
        ? `its input ${at + 1} of ${inputs.length}, ${inputs[at]},`
        : has(out)
          ? `its result, ${out},`
          : `a tensor of ${buffer.bytes} bytes`;
    return new VisageError(
      `grad: ${op} needs ${needed} as it was when ${op} ran, but it was overwritten since, by write(), assign(), an optimizer's step or a recorded step; take the gradient before that, or give ${op} a copy()`,
    );
  };
  return { ran: order, given: gradOutput.buffer, refuse };
}

function flow(ys: readonly Tensor[], targets: ReadonlySet<Tensor>, options: GradOptions): Map<Tensor, Tensor> {
  const computed: Tensor[] = [];
  visit(ys, (x) => {
    if (x.node) computed.push(x);
  });
  computed.sort((a, b) => (a.node as Node).order - (b.node as Node).order);
  // A tensor matters if a target is among its ancestors; targets' own history does not.
  const matters = new Set<Tensor>(targets);
  for (const x of computed) if ((x.node as Node).inputs.some((input) => matters.has(input))) matters.add(x);

  // The gradients that have arrived at each tensor. They are added all at once when the walk reaches the tensor, so
  // that a parameter which is used five times costs one addition.
  const arrived = new Map<Tensor, Tensor[]>();
  const accumulate = (x: Tensor, g: Tensor) => {
    if (!sameShape(x.shape, g.shape))
      throw new VisageError(`grad: a gradient of shape ${showShape(g.shape)} arrived at ${x}`);
    const term = g.dtype === x.dtype ? g : rules().cast(g, x.dtype); // a gradient has the type of its tensor
    const before = arrived.get(x);
    if (before) before.push(term);
    else arrived.set(x, [term]);
  };
  const total = (terms: readonly Tensor[]) => (terms.length === 1 ? (terms[0] as Tensor) : rules().addAll(terms));
  const walk = () => {
    ys.forEach((y, k) => {
      const given = options.gradOutputs?.[k];
      if (!given && y.size !== 1) throw new VisageError(`grad: ${y} is not a scalar; pass gradOutputs`);
      if (matters.has(y)) accumulate(y, given ?? rules().onesLike(y));
    });
    for (const x of computed.reverse()) {
      const terms = arrived.get(x);
      const node = x.node as Node;
      const needs = node.inputs.map((input) => matters.has(input) && input.requiresGrad);
      if (!terms || !needs.includes(true)) continue;
      const g = total(terms);
      if (targets.has(x)) arrived.set(x, [g]);
      else arrived.delete(x);
      const inputGrads = x.gpu.differentiate(savedBy(x, node, g), () => node.backward(g, needs));
      node.inputs.forEach((input, k) => {
        const gk = inputGrads[k];
        if (needs[k] && gk) accumulate(input, gk);
      });
    }
    // With a graph each sum is an op of its own; without, those of a network's parameters share launches.
    const lists = [...arrived.values()];
    const sums = options.createGraph ? lists.map(total) : rules().addLists(lists);
    return new Map([...arrived.keys()].map((x, k) => [x, sums[k] as Tensor]));
  };
  // Each node remembers the casts of its forward pass; between them there are none.
  return withCasting(undefined, () => withGrad(options.createGraph ?? false, walk));
}
