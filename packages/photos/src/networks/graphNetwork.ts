import type { Tensor } from '@visage/tensor';
import { FrozenNetwork, type Results } from './frozenNetwork.ts';
import { runTfGraph, type TfConstants, type TfNode } from './tfGraph.ts';
import { readTfWeights, type TfWeight } from './tfWeights.ts';

/** A file of TensorFlow.js that holds a graph. */
interface TfModel {
  readonly modelTopology: { readonly node: readonly TfNode[] };
  readonly weightsManifest: unknown;
}

/** A network whose layers are those of a graph in a file. */
export abstract class GraphNetwork<R extends Results<R>> extends FrozenNetwork<R> {
  readonly #nodes: ReadonlyMap<string, TfNode>;
  readonly #constants: TfConstants;

  /** @param model the JSON of the model, whose hash was checked; `bytes` its weights. */
  constructor(model: unknown, bytes: Uint8Array) {
    super();
    const { modelTopology, weightsManifest } = model as TfModel;
    this.#nodes = new Map(modelTopology.node.map((node) => [node.name, node]));
    const weights = readTfWeights(weightsManifest, bytes);
    const tensors = new Map([...weights.keys()].map((name) => [name, this.constantOf(weights, name)]));
    this.#constants = {
      tensor: (name) => tensors.get(name) as Tensor,
      host: (name) => weights.get(name) as TfWeight,
    };
  }

  /** The outputs of the graph with these names. */
  protected outputs(pictures: Tensor, names: readonly string[]): Tensor[] {
    return runTfGraph(this.#nodes, this.#constants, pictures, names);
  }
}
