import { batchNormNode, convNode, type GraphValue, linearNode, OnnxGraph, preluNode } from '@visage/nn';
import type { IdentityConfig } from '../../networks/identity.ts';
import { stageChannels } from '../../networks/widths.ts';
import { fromUnitNode } from './colors.ts';

/**
 * An identity network as a graph: input `face` [batch, 3, side, side] in [0, 1], outputs `embedding` [batch, embedding] and `latent`, the same
 * at unit length, which the generator takes.
 */
export function identityGraph(config: IdentityConfig): OnnxGraph {
  const graph = new OnnxGraph(`identity-${config.kind}`);
  const face = graph.input('face', ['batch', 3, config.inputSize, config.inputSize]);
  const body = config.kind === 'arcface' ? arcFaceBody : iresnetBody;
  const embedding = body(graph, face, config, stageChannels(config.width, 16));
  graph.output('embedding', embedding, ['batch', config.embedding]);
  graph.output('latent', graph.node('LpNormalization', [embedding], { axis: 1, p: 2 }), ['batch', config.embedding]);
  return graph;
}

type Channels = readonly [number, number, number, number];

/** SE-LResNet: a stem without padding, pooled; the first stage keeps its size; one slope per rectifier. */
function arcFaceBody(graph: OnnxGraph, face: GraphValue, config: IdentityConfig, channels: Channels): GraphValue {
  let x = convNode(graph, fromUnitNode(graph, face, 'imagenet'), 'conv1', [3, channels[0], 3], { bias: false });
  x = preluNode(graph, batchNormNode(graph, x, 'bn1', channels[0]), 'prelu');
  x = graph.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
  let side = Math.floor((config.inputSize - 2) / 2);
  for (const [k, c] of channels.entries()) {
    const stride = k === 0 ? 1 : 2;
    side = Math.ceil(side / stride);
    for (let b = 0; b < config.layers[k]!; b++) {
      const [from, step] = b === 0 ? [channels[Math.max(0, k - 1)]!, stride] : [c, 1];
      x = arcFaceBlock(graph, x, `layer${k + 1}.${b}`, [from, c, step], config.squeeze);
    }
  }
  return head(graph, batchNormNode(graph, x, 'bn2', channels[3]), 'bn3', channels[3] * side * side, config.embedding);
}

function arcFaceBlock(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [from, to, stride]: readonly [number, number, number],
  squeeze: boolean,
): GraphValue {
  const normed = batchNormNode(graph, x, `${name}.bn0`, from);
  const inner = convNode(graph, normed, `${name}.conv1`, [from, from, 3], { padding: 1, bias: false });
  // The block's one slope serves twice; `parameter` may name it only once.
  const hidden = preluNode(graph, batchNormNode(graph, inner, `${name}.bn1`, from), `${name}.prelu`);
  const strided = convNode(graph, hidden, `${name}.conv2`, [from, to, 3], { stride, padding: 1, bias: false });
  let y = batchNormNode(graph, strided, `${name}.bn2`, to);
  const skip = shortcut(graph, x, name, [from, to, stride]);
  if (squeeze) y = squeezed(graph, y, `${name}.se.fc`, to);
  return graph.node('PRelu', [graph.node('Add', [y, skip]), `${name}.prelu.weight`]);
}

/** Scales each channel by a gate computed from the means of all. */
function squeezed(graph: OnnxGraph, x: GraphValue, name: string, channels: number): GraphValue {
  const hidden = Math.floor(channels / 16);
  const means = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])], { axis: 1 });
  const inner = preluNode(graph, linearNode(graph, means, `${name}.0`, [channels, hidden]), `${name}.1`);
  const gates = graph.node('Sigmoid', [linearNode(graph, inner, `${name}.2`, [hidden, channels])]);
  return graph.node('Mul', [x, graph.node('Unsqueeze', [gates, graph.integers([2, 3])])]);
}

/** IResNet: every stage halves, one slope per channel, nothing behind a block's sum. */
function iresnetBody(graph: OnnxGraph, face: GraphValue, config: IdentityConfig, channels: Channels): GraphValue {
  const stem = fromUnitNode(graph, face, 'signed');
  let x = convNode(graph, stem, 'conv1', [3, channels[0], 3], { padding: 1, bias: false });
  x = preluNode(graph, batchNormNode(graph, x, 'bn1', channels[0]), 'prelu', channels[0]);
  let side = config.inputSize;
  for (const [k, c] of channels.entries()) {
    side = Math.ceil(side / 2);
    for (let b = 0; b < config.layers[k]!; b++) {
      const [from, stride] = b === 0 ? [channels[Math.max(0, k - 1)]!, 2] : [c, 1];
      x = iresnetBlock(graph, x, `layer${k + 1}.${b}`, [from, c, stride]);
    }
  }
  const flat = channels[3] * side * side;
  return head(graph, batchNormNode(graph, x, 'bn2', channels[3]), 'features', flat, config.embedding);
}

function iresnetBlock(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [from, to, stride]: readonly [number, number, number],
): GraphValue {
  let y = batchNormNode(graph, x, `${name}.bn1`, from);
  y = convNode(graph, y, `${name}.conv1`, [from, to, 3], { padding: 1, bias: false });
  y = preluNode(graph, batchNormNode(graph, y, `${name}.bn2`, to), `${name}.prelu`, to);
  y = convNode(graph, y, `${name}.conv2`, [to, to, 3], { stride, padding: 1, bias: false });
  y = batchNormNode(graph, y, `${name}.bn3`, to);
  return graph.node('Add', [y, shortcut(graph, x, name, [from, to, stride])]);
}

/** The input itself, or a strided 1×1 convolution with batch norm where shapes differ. */
function shortcut(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [from, to, stride]: readonly [number, number, number],
): GraphValue {
  if (stride === 1 && from === to) return x;
  const y = convNode(graph, x, `${name}.downsample.0`, [from, to, 1], { stride, bias: false });
  return batchNormNode(graph, y, `${name}.downsample.1`, to);
}

/** Flattened map → embedding → batch norm over vectors. */
function head(graph: OnnxGraph, map: GraphValue, norm: string, features: number, embedding: number): GraphValue {
  const flat = graph.node('Flatten', [map], { axis: 1 });
  return batchNormNode(graph, linearNode(graph, flat, 'fc', [features, embedding]), norm, embedding);
}
