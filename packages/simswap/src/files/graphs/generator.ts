import { batchNormNode, convNode, type GraphValue, linearNode, OnnxGraph, reflectPadNode } from '@visage/nn';
import { type GeneratorConfig, generatorLevels } from '../../networks/generator.ts';
import { fromUnitNode, toUnitNode, unitImage } from './colors.ts';

/** Epsilon of the instance norms inside ID blocks. */
const EPSILON = 1e-8;

/**
 * SimSwap's generator as a graph: inputs `target` [batch, 3, height, width] and `latent` [batch, latent] (unit length),
 * output `swapped` like `target`. Images are RGB in [0, 1] on both ends, whatever the weights were trained on; a linear
 * head is clipped to it.
 */
export function generatorGraph(config: GeneratorConfig): OnnxGraph {
  const graph = new OnnxGraph('simswap-generator');
  const target = graph.input('target', unitImage);
  const latent = graph.input('latent', ['batch', config.latent]);
  const space = config.head === 'tanh' ? 'unit' : 'imagenet';
  const { full, deepest, halvings } = generatorLevels(config);
  const first = config.halfWidthStem ? 0 : 1; // names count from the level of 64 channels

  let x = reflectPadNode(graph, fromUnitNode(graph, target, space), 3);
  x = convolved(graph, x, 'first_layer', 1, [3, full, 7], {});
  const encoded: GraphValue[] = [];
  for (const [k, [outer, inner]] of halvings.entries()) {
    encoded.push(x);
    x = convolved(graph, x, `down${first + k}`, 0, [outer, inner, 3], { stride: 2, padding: 1 });
  }
  for (let k = 0; k < config.blocks; k++) x = idBlock(graph, x, latent, `BottleNeck.${k}`, deepest, config.latent);
  for (const [k, [outer, inner]] of [...halvings.entries()].reverse()) {
    x = convolved(graph, doubled(graph, x), `up${first + k}`, 1, [inner, outer, 3], { padding: 1 });
    if (!config.skips) continue;
    const skip = convNode(graph, encoded[k] as GraphValue, `skip${first + k}`, [outer, outer, 1], { bias: false });
    x = graph.node('Add', [x, skip]);
  }
  x = convNode(graph, reflectPadNode(graph, x, 3), 'last_layer.1', [full, 3, 7]);
  if (config.head === 'tanh') x = toUnitNode(graph, graph.node('Tanh', [x]), 'signed');
  else x = graph.node('Clip', [toUnitNode(graph, x, space), graph.floats([0], []), graph.floats([1], [])]);
  graph.output('swapped', x, unitImage);
  return graph;
}

/** Convolution, batch norm, relu; the convolution is number `index` of a Sequential, the norm the next. */
function convolved(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  index: number,
  sizes: readonly [number, number, number],
  options: Parameters<typeof convNode>[4],
): GraphValue {
  const y = convNode(graph, x, `${name}.${index}`, sizes, options);
  return graph.node('Relu', [batchNormNode(graph, y, `${name}.${index + 1}`, sizes[1])]);
}

/** Bilinear enlargement by 2, half-pixel centres. */
const doubled = (graph: OnnxGraph, x: GraphValue): GraphValue =>
  graph.node('Resize', [x, '', graph.floats([1, 1, 2, 2])], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });

/** x + adain(conv2(relu(adain(conv1(x))))). */
function idBlock(
  graph: OnnxGraph,
  x: GraphValue,
  latent: GraphValue,
  name: string,
  channels: number,
  length: number,
): GraphValue {
  const half = (input: GraphValue, k: 1 | 2): GraphValue => {
    const padded = reflectPadNode(graph, input, 1);
    const y = convNode(graph, padded, `${name}.conv${k}.1`, [channels, channels, 3]);
    return adain(graph, y, linearNode(graph, latent, `${name}.style${k}.linear`, [length, 2 * channels]), channels);
  };
  return graph.node('Add', [x, half(graph.node('Relu', [half(x, 1)]), 2)]);
}

/** norm(x) · (1 + s) + b, with s and b the two halves of the style. */
function adain(graph: OnnxGraph, x: GraphValue, style: GraphValue, channels: number): GraphValue {
  const [ones, zeros] = [1, 0].map((value) => graph.floats(Array(channels).fill(value))) as [GraphValue, GraphValue];
  const normal = graph.node('InstanceNormalization', [x, ones, zeros], { epsilon: { float: EPSILON } });
  const map = graph.node('Unsqueeze', [style, graph.integers([2, 3])]);
  const [scale, shift] = graph.nodeOf(2, 'Split', [map], { axis: 1 }) as [GraphValue, GraphValue];
  const scaled = graph.node('Mul', [normal, graph.node('Add', [scale, graph.floats([1])])]);
  return graph.node('Add', [scaled, shift]);
}
