import { batchNormNode, type ConvNodeOptions, convNode, type GraphValue, OnnxGraph } from '@visage/nn';
import {
  type EfficientNetConfig,
  efficientNetChannels,
  efficientNetStages,
  efficientNetStem,
} from '../../networks/efficientNet.ts';
import { unitImage } from './colors.ts';

const EPSILON = 1e-3;

/**
 * The feature layers of EfficientNet-lite0 as a graph: ImageNet-normalised `image` → `features`, the deepest map, at
 * 1/32 of the side.
 */
export function efficientNetGraph(config: EfficientNetConfig): OnnxGraph {
  const graph = new OnnxGraph('efficientnet-lite0');
  let x = graph.input('image', unitImage);
  let from = efficientNetChannels(efficientNetStem, config);
  x = convNode(graph, x, 'conv_stem', [3, from, 3], { stride: 2, padding: 'same', bias: false });
  x = relu6(graph, batchNormNode(graph, x, 'bn1', from, EPSILON));
  for (const [k, form] of efficientNetStages.entries()) {
    const to = efficientNetChannels(form.channels, config);
    for (let b = 0; b < form.blocks; b++) {
      x = block(graph, x, `blocks.${k}.${b}`, [from, to, form.kernel], b === 0 ? form.stride : 1, form.expansion);
      from = to;
    }
  }
  graph.output('features', x, ['batch', from, 'rows', 'columns']);
  return graph;
}

const relu6 = (graph: OnnxGraph, x: GraphValue): GraphValue =>
  graph.node('Clip', [x, graph.floats([0], []), graph.floats([6], [])]);

/** Inverted residual: pointwise, depthwise, pointwise; without the first where nothing is widened. */
function block(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [from, to, kernel]: readonly [number, number, number],
  stride: number,
  expansion: number,
): GraphValue {
  const inner = from * expansion;
  const depthwise: Part = ['conv_dw', [inner, inner, kernel], { stride, groups: inner }];
  const pointwise = (part: string, a: number, b: number): Part => [part, [a, b, 1], {}];
  const parts =
    expansion === 1
      ? [depthwise, pointwise('conv_pw', inner, to)]
      : [pointwise('conv_pw', from, inner), depthwise, pointwise('conv_pwl', inner, to)];
  let y = x;
  for (const [k, [part, sizes, options]] of parts.entries()) {
    const input = k === 0 ? y : relu6(graph, y);
    const conv = convNode(graph, input, `${name}.${part}`, sizes, { ...options, padding: 'same', bias: false });
    y = batchNormNode(graph, conv, `${name}.bn${k + 1}`, sizes[1], EPSILON);
  }
  return stride === 1 && from === to ? graph.node('Add', [y, x]) : y;
}

/** A convolution of a block: its name, [in, out, kernel], stride and groups. */
type Part = readonly [name: string, sizes: readonly [number, number, number], options: ConvNodeOptions];
