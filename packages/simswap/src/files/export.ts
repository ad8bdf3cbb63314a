/**
 * @file Networks of our weight files and checkpoints, for other programs: safetensors under PyTorch's names, or ONNX.
 */
import { checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import {
  FileError,
  type FileTensor,
  halfWeights,
  type NetworkDescription,
  networkDescription,
  type OnnxGraph,
  ofFile,
  type SafetensorsFile,
  writeOnnx,
  writeSafetensors,
} from '@visage/nn';
import { checkPipeline, type PipelineName, pipelineOf } from '../swap/pipelines.ts';
import { readCheckpointHeader, simswapArchitecture } from './checkpoint.ts';
import { fileArchitectures, networkGraph } from './networks.ts';

/** Networks in a training checkpoint, and the prefixes of their entries. */
const IN_CHECKPOINT = {
  generator: 'average/',
  'trained-generator': 'generator/',
  identity: 'identity/',
} as const;

/** A network of a checkpoint; `generator` is the moving average, which swaps. */
export type CheckpointNetwork = keyof typeof IN_CHECKPOINT;

export const checkpointNetworks = Object.keys(IN_CHECKPOINT) as readonly CheckpointNetwork[];

/** What to export. */
export interface ExportOptions {
  /** The network of a checkpoint; a weight file has one only. Default: `generator`. */
  readonly which?: CheckpointNetwork;
  /** The pipeline in which a generator of a checkpoint is to be run from now on, without the checkpoint's recipe. */
  readonly pipeline?: PipelineName;
}

const OPTIONS: OptionKeys<ExportOptions> = { which: true, pipeline: true };

/** A network that can be exported. */
export interface ExportableNetwork {
  readonly network: NetworkDescription;
  readonly graph: OnnxGraph;
  /** Entries by the names of the graph's parameters. */
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Finds the network to export in a weight file or a training checkpoint.
 *
 * @throws FileError when the file holds no network that can be exported, or not all of it, or was not trained as the
 * pipeline runs it.
 */
export function exportable(file: SafetensorsFile, options: ExportOptions = {}): ExportableNetwork {
  checkOptions('exportable', options, OPTIONS);
  const { which = 'generator', pipeline: asked } = options;
  checkOneOf('exportable', 'which', which, checkpointNetworks);
  const description = networkDescription(file);
  if (description === undefined) throw new FileError(file.source, 'names no network; import it first');
  const checkpoint = description.architecture === simswapArchitecture;
  const network = checkpoint ? networkIn(file, which) : description;
  const graph = ofFile(file, () => networkGraph(network));
  if (!graph) throw new FileError(file.source, `holds a network '${network.architecture}', which cannot be exported`);
  const prefix = checkpoint ? IN_CHECKPOINT[which] : '';
  const tensors = new Map<string, FileTensor>();
  for (const [name, shape] of graph.parameters) {
    const tensor = file.tensors.get(prefix + name);
    if (!tensor || tensor.shape.join() !== shape.join())
      throw new FileError(file.source, `lacks entry '${prefix}${name}' of shape [${shape.join(', ')}]`);
    tensors.set(name, tensor);
  }
  const pipeline = asked === undefined ? file.metadata.pipeline : trainedFor(file, asked, which);
  return { network, graph, tensors, metadata: pipeline === undefined ? {} : { pipeline } };
}

/**
 * The name of a pipeline, if the generator of a checkpoint was trained as the pipeline runs it.
 *
 * @throws FileError when not.
 */
function trainedFor(file: SafetensorsFile, asked: PipelineName, which: CheckpointNetwork): PipelineName {
  const refuse = (problem: string): never => {
    throw new FileError(file.source, `${problem}, so it cannot be exported for the pipeline ${asked}`);
  };
  if (which === 'identity' || networkDescription(file)?.architecture !== simswapArchitecture)
    return refuse('gives no generator of a training checkpoint');
  const { networks, recipe, imageSize } = readCheckpointHeader(file);
  const pipeline = pipelineOf(asked);
  ofFile(file, () => checkPipeline(pipeline, networks.generator, networks.identity));
  const side = pipeline.imageSize(networks.generator);
  if (imageSize !== side) return refuse(`was trained at ${imageSize} pixels, not at ${side}`);
  if (recipe.identityResize !== pipeline.identityResize)
    return refuse(`was trained with ${recipe.identityResize} resizing, not ${pipeline.identityResize}`);
  return asked;
}

function networkIn(file: SafetensorsFile, which: CheckpointNetwork): NetworkDescription {
  const { networks } = readCheckpointHeader(file);
  return which === 'identity'
    ? { architecture: fileArchitectures.identity, config: networks.identity }
    : { architecture: fileArchitectures.generator, config: networks.generator };
}

const describe = ({ network, metadata }: ExportableNetwork): Record<string, string> => ({
  architecture: network.architecture,
  config: JSON.stringify(network.config),
  ...metadata,
});

/**
 * A safetensors file under PyTorch's names and layouts, which `load_state_dict` of the published class takes.
 *
 * @param half whether weights become float16; running statistics keep float32, since float16 ends at 65504.
 * @throws FileError for a value in the file that is not finite, VisageError for one that float16 cannot hold; both name
 * tensor and place.
 */
export function exportSafetensors(exported: ExportableNetwork, half = false): Uint8Array {
  const tensors = new Map(
    [...exported.tensors].map(([name, tensor]) => {
      const { shape } = tensor;
      const narrow = half && !/running_(mean|var)$/.test(name);
      const values = narrow ? halfWeights(tensor.source, name, shape, tensor.weights('f32')) : tensor.weights();
      return [name, { shape, values }];
    }),
  );
  return writeSafetensors(tensors, describe(exported));
}

/**
 * An ONNX file of the network in evaluation mode: float32, NCHW, any batch. Generators and identity networks take RGB
 * in [0, 1].
 */
export function exportOnnx(exported: ExportableNetwork): Uint8Array {
  const weight = (name: string) => {
    const tensor = exported.tensors.get(name) as FileTensor;
    return { shape: tensor.shape, values: tensor.weights('f32') };
  };
  return writeOnnx(exported.graph, weight, describe(exported));
}
