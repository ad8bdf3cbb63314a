/** @file The layers of PyTorch as ONNX nodes, with their parameters under the names that PyTorch gives them. */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import type { Attribute, GraphValue, OnnxGraph } from './graph.ts';

/** Options of {@link convNode}. */
export interface ConvNodeOptions {
  readonly stride?: number;
  /**
   * Rows and columns on every side, or TensorFlow's rule that the result has ⌈side / stride⌉, with the odd one behind.
   */
  readonly padding?: number | 'same';
  readonly groups?: number;
  readonly bias?: boolean;
}

const OPTIONS: OptionKeys<ConvNodeOptions> = { stride: true, padding: true, groups: true, bias: true };

/** Convolution of NCHW images, zero-padded: `name.weight` [out, in / groups, kernel, kernel], `name.bias` [out]. */
export function convNode(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [inChannels, outChannels, kernel]: readonly [number, number, number],
  options: ConvNodeOptions = {},
): GraphValue {
  checkOptions('convNode', options, OPTIONS);
  const { stride = 1, padding = 0, groups = 1, bias = true } = options;
  checkInteger('convNode', 'stride', stride, 1);
  checkInteger('convNode', 'groups', groups, 1);
  if (padding !== 'same') checkInteger('convNode', 'padding', padding, 0);
  const inputs = [x, graph.parameter(`${name}.weight`, [outChannels, inChannels / groups, kernel, kernel])];
  if (bias) inputs.push(graph.parameter(`${name}.bias`, [outChannels]));
  const pads: Record<string, Attribute> =
    padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [padding, padding, padding, padding] };
  return graph.node('Conv', inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    group: groups,
    ...pads,
  });
}

/** Reflect padding of NCHW images on all four sides. */
export const reflectPadNode = (graph: OnnxGraph, x: GraphValue, by: number): GraphValue =>
  graph.node('Pad', [x, graph.integers([0, 0, by, by, 0, 0, by, by])], { mode: 'reflect' });

/** Batch norm by its running statistics: `name.weight`, `bias`, `running_mean`, `running_var`. */
export function batchNormNode(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  channels: number,
  epsilon = 1e-5,
): GraphValue {
  const entries = ['weight', 'bias', 'running_mean', 'running_var'];
  const inputs = [x, ...entries.map((entry) => graph.parameter(`${name}.${entry}`, [channels]))];
  return graph.node('BatchNormalization', inputs, { epsilon: { float: epsilon } });
}

/** Affine map [N, in] → [N, out]: `name.weight` [out, in], `name.bias` [out]. */
export function linearNode(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [inFeatures, outFeatures]: readonly [number, number],
): GraphValue {
  const weight = graph.parameter(`${name}.weight`, [outFeatures, inFeatures]);
  return graph.node('Gemm', [x, weight, graph.parameter(`${name}.bias`, [outFeatures])], { transB: 1 });
}

/** Leaky rectifier with one slope for all channels, or one each: `name.weight` [slopes]. */
export function preluNode(graph: OnnxGraph, x: GraphValue, name: string, slopes = 1): GraphValue {
  const slope = graph.parameter(`${name}.weight`, [slopes]);
  // ONNX aligns slopes from the last axis, which is the width.
  return graph.node('PRelu', [x, slopes === 1 ? slope : graph.node('Unsqueeze', [slope, graph.integers([1, 2])])]);
}

/** x · scale + shift per channel of an NCHW image. */
export function channelAffineNode(
  graph: OnnxGraph,
  x: GraphValue,
  scale: readonly number[],
  shift: readonly number[],
): GraphValue {
  const shape = [1, scale.length, 1, 1];
  return graph.node('Add', [graph.node('Mul', [x, graph.floats(scale, shape)]), graph.floats(shift, shape)]);
}
