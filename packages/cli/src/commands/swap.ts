import { type Image, image } from '@visage/faces';
import { readFace } from '@visage/faces/node';
import { checkOutput, loadSafetensors } from '@visage/nn/node';
import { drawLabel } from '@visage/photos';
import { writeMarkedPng } from '@visage/photos/node';
import { loadSwapper, type PipelineName, type Precision, pipelines, swapImageSize } from '@visage/simswap';
import { scope, tensor } from '@visage/tensor';
import { adapterLine } from '@visage/training';
import { type Command, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { withFlags } from '../terminal/flags.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';

interface Options {
  readonly checkpoint: string;
  readonly identity?: string;
  readonly pipeline?: PipelineName;
  readonly precision?: Precision;
  readonly source: string;
  readonly target: string;
  readonly out: string;
  readonly label: boolean;
}

/** The names that this command uses for arguments and functions of the libraries. */
const FLAGS = { identity: '--identity', importNetwork: 'visage import' };

async function swap(options: Options): Promise<void> {
  const { checkpoint, identity, pipeline, precision, source, target, out, label } = options;
  await checkOutput(out, { inputs: [checkpoint, identity, source, target], endings: ['.png'] });
  const file = await loadSafetensors(checkpoint);
  const identityFile = identity === undefined ? undefined : await loadSafetensors(identity);
  const imageSize = await withFlags(FLAGS, () => swapImageSize(file));
  const [donor, owner] = await Promise.all([readFace(source, imageSize), readFace(target, imageSize)]);
  const gpu = await openDevice();
  warnOfPrecision(precision);
  const swapper = await withFlags(FLAGS, () => loadSwapper(file, { identity: identityFile, pipeline, precision }));
  const swapped = scope(() => {
    const upload = (face: Image) => tensor(face.data, [1, imageSize, imageSize, 3]);
    return swapper.swapImages(upload(owner), upload(donor));
  });
  const picture = image(imageSize, imageSize, await swapped.floats());
  if (label) drawLabel(picture);
  await writeMarkedPng(out, picture);
  const visible = label ? 'a visible label' : 'no visible label, as asked,';
  console.log(`${out}: ${imageSize} x ${imageSize}, with ${visible} and the XMP mark of a synthetic picture`);
  if (gpu.adapter.software) console.log(`computed on ${adapterLine(gpu)}`);
}

/** Adds `visage swap`. */
export function addSwap(program: Command): void {
  program
    .command('swap')
    .description("put the source's identity into the target: aligned, square PNG faces in, PNG out")
    .requiredOption(
      '--checkpoint <file>',
      'what `visage train` or `visage start` wrote, or a generator of `visage import`',
    )
    .option('--identity <file>', 'the identity network of an imported generator; a checkpoint carries its own')
    .addOption(
      new Option('--pipeline <name>', 'insist on a pipeline: an imported generator of another is refused').choices(
        pipelines.map(({ name }) => name),
      ),
    )
    .addOption(precisionOption())
    .requiredOption('--source <png>', 'whose identity')
    .requiredOption('--target <png>', 'everything else')
    .requiredOption('-o, --out <png>', 'where to write the result')
    .option('--no-label', 'leave the visible corner label out (the file keeps its XMP mark)')
    .action(swap);
}
