/** @file ONNX files: a graph and its weights as one protobuf message. Field numbers are those of onnx.proto. */
import { ArgumentError } from '@visage/gpu';
import type { Shape } from '@visage/tensor';
import { sameShape, showShape } from '@visage/tensor/kernels';
import type { Attribute, GraphNode, GraphPort, OnnxGraph } from './graph.ts';
import { Message } from './protobuf.ts';

const IR_VERSION = 8;
const OPSET = 17; // of 2022: what runtimes of today and browsers read
const [FLOAT, INT64] = [1, 7] as const;

/** A parameter's values, in the shape of the graph. */
export interface GraphWeight {
  readonly shape: Shape;
  readonly values: Float32Array;
}

/**
 * The bytes of an ONNX file of this graph.
 *
 * @param weights the values of a parameter; called once for each, so that they need not all be decoded at the same time.
 * @throws ArgumentError when a weight has another shape than the graph.
 */
export function writeOnnx(
  graph: OnnxGraph,
  weights: (name: string) => GraphWeight,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const model = new Message()
    .integer(1, IR_VERSION)
    .text(2, 'visage')
    .message(7, graphMessage(graph, weights))
    .message(8, new Message().text(1, '').integer(2, OPSET));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));
  return model.join();
}

function graphMessage(graph: OnnxGraph, weights: (name: string) => GraphWeight): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, nodeMessage(node));
  message.text(2, graph.name);
  for (const [name, shape] of graph.parameters) {
    const weight = weights(name);
    if (!sameShape(weight.shape, shape))
      throw new ArgumentError('writeOnnx', name, showShape(weight.shape), showShape(shape));
    message.message(5, tensorMessage(name, shape, weight.values));
  }
  for (const [name, { shape, values }] of graph.constants) message.message(5, tensorMessage(name, shape, values));
  for (const port of graph.inputs) message.message(11, portMessage(port));
  for (const port of graph.outputs) message.message(12, portMessage(port));
  return message;
}

function nodeMessage({ type, inputs, outputs, attributes }: GraphNode): Message {
  const message = new Message()
    .texts(1, inputs)
    .texts(2, outputs)
    .text(3, outputs[0] as string)
    .text(4, type);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeMessage(name, value));
  return message;
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.text(4, value).integer(20, 3);
  if ('float' in value) return message.float(2, value.float).integer(20, 1);
  return message.integers(8, value).integer(20, 7);
}

function tensorMessage(name: string, shape: Shape, values: Float32Array | BigInt64Array): Message {
  return new Message()
    .integers(1, shape)
    .integer(2, values instanceof Float32Array ? FLOAT : INT64)
    .text(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function portMessage({ name, shape }: GraphPort): Message {
  const extents = new Message();
  for (const extent of shape) {
    extents.message(1, typeof extent === 'number' ? new Message().integer(1, extent) : new Message().text(2, extent));
  }
  const tensor = new Message().integer(1, FLOAT).message(2, extents);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
