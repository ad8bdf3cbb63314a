/** @file Runs the graph of a TensorFlow.js model: the ops that small networks of convolutions consist of. */
import { VisageError } from '@visage/gpu';
import { add, conv2d, maxPool2d, padZero, prelu, relu, reshape, sigmoid, type Tensor } from '@visage/tensor';
import { addPrelu } from '@visage/tensor/kernels';
import { sameConv } from './sameConv.ts';
import type { TfWeight } from './tfWeights.ts';

/** A node of a graph as the file has it; attributes are base64 texts and lists of decimal numbers. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, TfAttribute>>;
}

interface TfAttribute {
  readonly s?: string;
  readonly list?: { readonly i?: readonly string[]; readonly s?: readonly string[] };
}

/** The constants of a graph by name: on the device, and on the host for shapes and paddings. */
export interface TfConstants {
  tensor(name: string): Tensor;
  host(name: string): TfWeight;
}

const ones = (attribute: TfAttribute | undefined): number => Number(attribute?.list?.i?.[1] ?? 1);
const texts = (attribute: TfAttribute | undefined): string[] => (attribute?.list?.s ?? []).map((text) => atob(text));

/** Computes a node. `inputs` are its tensors; constants are asked for by name. */
type TfOp = (node: TfNode, input: (k: number) => Tensor, constants: TfConstants) => Tensor;

/** A convolution; what is fused into it (bias, then ReLU or PReLU) takes the inputs behind the weight. */
function convolved(node: TfNode, input: (k: number) => Tensor, constants: TfConstants, depthwise: boolean): Tensor {
  const { attr = {} } = node;
  const name = node.input?.[1] as string;
  const weight = constants.tensor(name);
  const fused = texts(attr.fused_ops);
  const bias = fused[0] === 'BiasAdd' ? constants.tensor(node.input?.[2] as string) : undefined;
  const [x, stride] = [input(0), ones(attr.strides)];
  const groups = depthwise ? x.dim(3) : 1;
  const kernel = depthwise ? reshape(weight, [weight.dim(0), weight.dim(1), 1, weight.dim(2)]) : weight;
  const activation = fused[1] === 'Relu' ? 'relu' : undefined;
  const valid = atob(attr.padding?.s ?? '') === 'VALID';
  const convolve = valid ? validConv : sameConv;
  const y = convolve(x, kernel, bias, { stride, groups, ...(activation && { activation }) });
  return fused[1] === 'Prelu' ? prelu(y, flatSlope(constants.tensor(node.input?.[3] as string))) : y;
}

const validConv: typeof sameConv = (x, w, bias, options) => conv2d(x, w, bias, options);

/** [1, 1, C] → [C]. */
const flatSlope = (slope: Tensor): Tensor => reshape(slope, [slope.size]);

const OPS: Readonly<Record<string, TfOp>> = {
  _FusedConv2D: (node, input, constants) => convolved(node, input, constants, false),
  DepthwiseConv2dNative: (node, input, constants) => convolved(node, input, constants, true),
  AddV2: (_, input) => add(input(0), input(1)),
  Prelu: (node, input, constants) => prelu(input(0), flatSlope(constants.tensor(node.input?.[1] as string))),
  Relu: (_, input) => relu(input(0)),
  Sigmoid: (_, input) => sigmoid(input(0)),
  Identity: (_, input) => input(0),
  MaxPool: ({ attr = {} }, input) => maxPool2d(input(0), { kernel: ones(attr.ksize), stride: ones(attr.strides) }),
  Pad(node, input, constants) {
    const { values } = constants.host(node.input?.[1] as string);
    let x = input(0);
    for (let axis = 0; axis < x.rank; axis++)
      x = padZero(x, axis, values[2 * axis] as number, values[2 * axis + 1] as number);
    return x;
  },
  /** The shapes in these files have a batch of 1; any batch keeps its own. */
  Reshape: (node, input, constants) =>
    reshape(input(0), [input(0).dim(0), ...constants.host(node.input?.[1] as string).values.slice(1)]),
};

/**
 * The tensors `outputs` of a graph whose placeholder is `x`. Nodes are computed in the order in which they are needed.
 *
 * @throws VisageError for an op that these networks do not have.
 */
export function runTfGraph(
  nodes: ReadonlyMap<string, TfNode>,
  constants: TfConstants,
  x: Tensor,
  outputs: readonly string[],
): Tensor[] {
  const known = new Map<string, Tensor>();
  const uses = new Map<string, number>();
  for (const { input = [] } of nodes.values()) for (const name of input) uses.set(name, (uses.get(name) ?? 0) + 1);
  /** A PReLU of a sum that nothing else reads, in one launch with the sum. */
  const fused = ({ op, input: [sum = '', slope = ''] = [] }: TfNode): Tensor | undefined => {
    const { op: before, input: [a = '', b = ''] = [] } = nodes.get(sum) ?? {};
    if (op !== 'Prelu' || before !== 'AddV2' || uses.get(sum) !== 1) return undefined;
    return addPrelu(computed(a), computed(b), flatSlope(constants.tensor(slope)));
  };
  const computed = (name: string): Tensor => {
    const before = known.get(name);
    if (before) return before;
    const node = nodes.get(name) as TfNode;
    const op = OPS[node.op];
    if (node.op !== 'Placeholder' && !op) throw new VisageError(`the graph has the unknown op ${node.op} (${name})`);
    const value = fused(node) ?? (op ? op(node, (k) => computed(node.input?.[k] as string), constants) : x);
    known.set(name, value);
    return value;
  };
  return outputs.map(computed);
}
