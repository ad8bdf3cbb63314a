/**
 * @file A network as an ONNX graph: values by name, nodes in the order in which they run, and the parameters that it
 * needs.
 */
import { ArgumentError } from '@visage/gpu';
import type { Shape } from '@visage/tensor';

/** The name of a value in a graph: an input, a parameter, a constant or what a node gives. */
export type GraphValue = string;

/** An attribute of a node. Integers and other numbers are different types in ONNX, so the latter are marked. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** An operator with its inputs and outputs. */
export interface GraphNode {
  readonly type: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An extent of an input or output: a number, or the name of a free one such as `batch`. */
export type Extent = number | string;

/** An input or output of a graph. */
export interface GraphPort {
  readonly name: GraphValue;
  readonly shape: readonly Extent[];
}

/** A small tensor that is part of the graph: float32 or int64. */
export interface GraphConstant {
  readonly shape: Shape;
  readonly values: Float32Array | BigInt64Array;
}

/**
 * Builds a graph node by node. Images are NCHW, and parameters have the names and shapes of PyTorch, as weight files
 * have them.
 *
 * A graph is also the list of what a network's weight file must hold ({@link OnnxGraph.parameters}), which needs no
 * device to be made.
 */
export class OnnxGraph {
  readonly inputs: GraphPort[] = [];
  readonly outputs: GraphPort[] = [];
  readonly nodes: GraphNode[] = [];
  readonly parameters = new Map<string, Shape>();
  readonly constants = new Map<GraphValue, GraphConstant>();
  readonly #constantNames = new Map<string, GraphValue>();

  constructor(readonly name: string) {}

  /** Adds an input of the graph. */
  input(name: string, shape: readonly Extent[]): GraphValue {
    this.inputs.push({ name, shape });
    return name;
  }

  /** Names a value as an output. */
  output(name: string, value: GraphValue, shape: readonly Extent[]): void {
    this.nodes.push({ type: 'Identity', inputs: [value], outputs: [name], attributes: {} });
    this.outputs.push({ name, shape });
  }

  /**
   * A parameter, whose values come from a weight file.
   *
   * @throws ArgumentError when the name is taken.
   */
  parameter(name: string, shape: Shape): GraphValue {
    if (this.parameters.has(name)) throw new ArgumentError('OnnxGraph', 'parameter', `'${name}' again`, 'a new name');
    this.parameters.set(name, shape);
    return name;
  }

  /** A float32 constant; its name. */
  floats(values: readonly number[], shape: Shape = [values.length]): GraphValue {
    return this.#constant({ shape, values: Float32Array.from(values) });
  }

  /** An int64 constant, [values]; its name. */
  integers(values: readonly number[]): GraphValue {
    return this.#constant({ shape: [values.length], values: BigInt64Array.from(values, BigInt) });
  }

  /** Equal constants share one entry. */
  #constant(constant: GraphConstant): GraphValue {
    const key = `${constant.values.constructor.name} ${constant.shape} ${constant.values}`;
    const existing = this.#constantNames.get(key);
    if (existing) return existing;
    const name = `constant_${this.constants.size}`;
    this.#constantNames.set(key, name);
    this.constants.set(name, constant);
    return name;
  }

  /** Adds a node with one output. */
  node(type: string, inputs: readonly GraphValue[], attributes: Readonly<Record<string, Attribute>> = {}): GraphValue {
    return this.nodeOf(1, type, inputs, attributes)[0] as GraphValue;
  }

  /** Adds a node with so many outputs. */
  nodeOf(
    count: number,
    type: string,
    inputs: readonly GraphValue[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): GraphValue[] {
    const outputs = Array.from({ length: count }, (_, k) => `${type}_${this.nodes.length}${k > 0 ? `_${k}` : ''}`);
    this.nodes.push({ type, inputs, outputs, attributes });
    return outputs;
  }
}
