import { batchNormNode, convNode, type GraphValue, linearNode, OnnxGraph, preluNode } from '@visage/nn';
import { arcFaceStemSide } from '../../networks/arcface.ts';
import {
  type IdentityConfig,
  type IdentityStage,
  identityEnds,
  identityStages,
  sideBehind,
} from '../../networks/identity.ts';
import { fromUnitNode } from './colors.ts';

/**
 * An identity network as a graph: input `face` [batch, 3, side, side] in [0, 1], outputs `embedding` [batch, embedding]
 * and `latent`, the same at unit length, which the generator takes.
 */
export function identityGraph(config: IdentityConfig): OnnxGraph {
  const graph = new OnnxGraph(`identity-${config.kind}`);
  const face = graph.input('face', ['batch', 3, config.inputSize, config.inputSize]);
  const body = config.kind === 'arcface' ? arcFaceBody : iresnetBody;
  const embedding = body(graph, face, config);
  graph.output('embedding', embedding, ['batch', config.embedding]);
  graph.output('latent', graph.node('LpNormalization', [embedding], { axis: 1, p: 2 }), ['batch', config.embedding]);
  return graph;
}

/** Adds the residual blocks of all stages; `add` gets the name of each block, its channels and its stride. */
function stagesOf(
  stages: readonly IdentityStage[],
  x: GraphValue,
  add: (x: GraphValue, name: string, sizes: BlockSizes) => GraphValue,
): GraphValue {
  let y = x;
  for (const [k, { blocks, from, to, stride }] of stages.entries())
    for (let b = 0; b < blocks; b++) y = add(y, `layer${k + 1}.${b}`, b === 0 ? [from, to, stride] : [to, to, 1]);
  return y;
}

type BlockSizes = readonly [from: number, to: number, stride: number];

/** SE-LResNet: a stem without padding, pooled; the first stage keeps its size; one slope per rectifier. */
function arcFaceBody(graph: OnnxGraph, face: GraphValue, config: IdentityConfig): GraphValue {
  const [stages, { stem, last }] = [identityStages(config), identityEnds(config)];
  let x = convNode(graph, fromUnitNode(graph, face, 'imagenet'), 'conv1', [3, stem, 3], { bias: false });
  x = preluNode(graph, batchNormNode(graph, x, 'bn1', stem), 'prelu');
  x = graph.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
  x = stagesOf(stages, x, (y, name, sizes) => arcFaceBlock(graph, y, name, sizes, config.squeeze));
  const side = sideBehind(stages, arcFaceStemSide(config.inputSize));
  return head(graph, batchNormNode(graph, x, 'bn2', last), 'bn3', last * side * side, config.embedding);
}

function arcFaceBlock(
  graph: OnnxGraph,
  x: GraphValue,
  name: string,
  [from, to, stride]: BlockSizes,
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
function iresnetBody(graph: OnnxGraph, face: GraphValue, config: IdentityConfig): GraphValue {
  const [stages, { stem, last }] = [identityStages(config), identityEnds(config)];
  const normalised = fromUnitNode(graph, face, 'signed');
  let x = convNode(graph, normalised, 'conv1', [3, stem, 3], { padding: 1, bias: false });
  x = preluNode(graph, batchNormNode(graph, x, 'bn1', stem), 'prelu', stem);
  x = stagesOf(stages, x, (y, name, sizes) => iresnetBlock(graph, y, name, sizes));
  const side = sideBehind(stages, config.inputSize);
  return head(graph, batchNormNode(graph, x, 'bn2', last), 'features', last * side * side, config.embedding);
}

function iresnetBlock(graph: OnnxGraph, x: GraphValue, name: string, [from, to, stride]: BlockSizes): GraphValue {
  let y = batchNormNode(graph, x, `${name}.bn1`, from);
  y = convNode(graph, y, `${name}.conv1`, [from, to, 3], { padding: 1, bias: false });
  y = preluNode(graph, batchNormNode(graph, y, `${name}.bn2`, to), `${name}.prelu`, to);
  y = convNode(graph, y, `${name}.conv2`, [to, to, 3], { stride, padding: 1, bias: false });
  y = batchNormNode(graph, y, `${name}.bn3`, to);
  return graph.node('Add', [y, shortcut(graph, x, name, [from, to, stride])]);
}

/** The input itself, or a strided 1×1 convolution with batch norm where shapes differ. */
function shortcut(graph: OnnxGraph, x: GraphValue, name: string, [from, to, stride]: BlockSizes): GraphValue {
  if (stride === 1 && from === to) return x;
  const y = convNode(graph, x, `${name}.downsample.0`, [from, to, 1], { stride, bias: false });
  return batchNormNode(graph, y, `${name}.downsample.1`, to);
}

/** Flattened map → embedding → batch norm over vectors. */
function head(graph: OnnxGraph, map: GraphValue, norm: string, features: number, embedding: number): GraphValue {
  const flat = graph.node('Flatten', [map], { axis: 1 });
  return batchNormNode(graph, linearNode(graph, flat, 'fc', [features, embedding]), norm, embedding);
}
