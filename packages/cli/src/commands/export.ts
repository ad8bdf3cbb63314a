import { checkOutput, loadSafetensors, saveFile } from '@visage/nn/node';
import {
  type CheckpointNetwork,
  checkpointNetworks,
  type ExportableNetwork,
  exportable,
  exportOnnx,
  exportSafetensors,
  type PipelineName,
  pipelines,
} from '@visage/simswap';
import { type Command, Option } from 'commander';
import { UsageError } from '../terminal/failure.ts';

interface Options {
  readonly out: string;
  readonly network?: CheckpointNetwork;
  readonly half?: boolean;
  readonly pipeline?: PipelineName;
}

/** Describes the inputs and outputs of a graph for users of the exported file. */
const ports = ({ graph }: ExportableNetwork): string =>
  [...graph.inputs.map((port) => ['in ', port] as const), ...graph.outputs.map((port) => ['out', port] as const)]
    .map(([way, { name, shape }]) => `  ${way} ${name} [${shape.join(', ')}]`)
    .join('\n');

async function exportFile(path: string, { out, network, half = false, pipeline }: Options): Promise<void> {
  await checkOutput(out, { inputs: [path], endings: ['.onnx', '.safetensors'] });
  const onnx = /\.onnx$/i.test(out);
  if (onnx && half) throw new UsageError('--half is for .safetensors; ONNX files are written in float32');
  const exported = exportable(await loadSafetensors(path), { which: network, pipeline });
  const bytes = onnx ? exportOnnx(exported) : exportSafetensors(exported, half);
  await saveFile(out, bytes);
  console.log(`${out}: ${exported.network.architecture}, ${(bytes.length / 1e6).toFixed(1)} MB`);
  if (onnx) console.log(ports(exported));
  else console.log(`  ${exported.tensors.size} tensors under PyTorch's names and layouts`);
}

/** Adds `visage export`. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description("a network for other programs: safetensors under PyTorch's names and layouts, or ONNX")
    .argument('<file>', 'a training checkpoint, or weights that Visage wrote')
    .requiredOption('-o, --out <file>', 'where to write; the ending decides: .safetensors or .onnx')
    .addOption(
      new Option('--network <name>', 'which network of a checkpoint; `generator` is the moving average').choices(
        checkpointNetworks,
      ),
    )
    .addOption(
      new Option(
        '--pipeline <name>',
        'name this pipeline in the file of a generator, so that `visage swap` runs it without its checkpoint',
      ).choices(pipelines.map(({ name }) => name)),
    )
    .option('--half', 'float16 weights (.safetensors only)')
    .action(exportFile);
}
