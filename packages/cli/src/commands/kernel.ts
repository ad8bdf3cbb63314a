import { DESCRIBED, describedGpu, type Gpu, useGpu } from '@visage/gpu';
import type { FloatType, PaddingMode, ResizeMode, Shape } from '@visage/tensor';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { listing } from '../kernel/listing.ts';
import { KERNEL_OPS, type OpOptions } from '../kernel/ops.ts';
import { type KernelPass, launchesOf, PASSES } from '../kernel/trace.ts';
import { openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';

type Adapter = keyof typeof DESCRIBED | 'this';

interface Options extends OpOptions {
  readonly shape: Shape[];
  readonly dtype: FloatType;
  readonly pass: KernelPass;
  readonly variant?: string;
  readonly adapter: Adapter;
}

/** Prints the kernels that an op launches. */
async function kernel(op: string, { shape, dtype, pass, variant, adapter, ...options }: Options): Promise<void> {
  const gpu: Gpu = adapter === 'this' ? await openDevice() : useGpu(describedGpu(DESCRIBED[adapter]));
  const commands = launchesOf(gpu, { op, shapes: shape, dtype, pass, variant, options });
  const title = `${op} ${shape.map((extents) => extents.join('x')).join(', ')} ${dtype}, ${pass}, on ${gpu.adapter.name}`;
  const first = new Map<number, number>();
  const texts = commands.map((command, k) => {
    const twin = first.get(command.pipeline.id);
    if (twin === undefined) first.set(command.pipeline.id, k + 1);
    return listing(command, k + 1, commands.length, twin);
  });
  const all = texts.length > 0 ? texts : ['//▸ nothing is launched: the result is a tensor that is there already'];
  console.log([`//▸ ${title}`, ...all].join('\n\n'));
}

/** The parser of a list of shapes, such as 4x28x28x512,3x3x512x512. */
function shapes(text: string): Shape[] {
  return text.split(',').map((word) => {
    const extents = word.trim().split('x').map(Number);
    if (extents.length > 0 && extents.every((n) => Number.isInteger(n) && n >= 1)) return extents;
    throw new InvalidArgumentError('expected shapes with commas between them, such as 4x28x28x512,3x3x512x512.');
  });
}

function size(text: string): readonly [number, number] {
  const [height, width, ...rest] = text.split('x').map(Number);
  const valid = [height, width].every((n) => Number.isInteger(n) && (n as number) >= 1) && rest.length === 0;
  if (!valid) throw new InvalidArgumentError('expected height and width, such as 56x56.');
  return [height as number, width as number];
}

function axes(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((n) => !Number.isInteger(n))) throw new InvalidArgumentError('expected axes, such as 1,2.');
  return values;
}

const MODES: readonly PaddingMode[] = ['zero', 'reflect', 'replicate'];
const RESIZES: readonly ResizeMode[] = ['nearest', 'bilinear', 'bicubic'];

const help = (): string =>
  [
    '',
    'Ops and the tensors whose shapes they take (after | those that may be left out):',
    ...Object.entries(KERNEL_OPS).map(([name, { tensors }]) => `  ${name.padEnd(18)}${tensors}`),
    '',
    'Example: visage kernel conv2d --shape 4x28x28x512,3x3x512x512 --padding 1 --dtype f16 --pass weightGrad',
    'Lines that begin with //▸ are about the program; without them it is the text that is compiled.',
  ].join('\n');

/** Adds `visage kernel`. */
export function addKernel(program: Command): void {
  program
    .command('kernel')
    .description('print the WGSL that an op runs, whole: its parts, its dispatch, and why it is not another variant')
    .argument('<op>', 'what is computed, such as conv2d')
    .addOption(
      new Option('--shape <list>', 'shapes of its tensors, such as 4x28x28x512,3x3x512x512')
        .argParser(shapes)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--dtype <type>', 'element type of its tensors').choices(['f32', 'f16']).default('f32'))
    .addOption(
      new Option('--pass <which>', 'its value, or the gradient of its first or second tensor')
        .choices(PASSES)
        .default('forward'),
    )
    .option('--variant <name>', 'take this variant wherever its family chooses, if it can compute the problem')
    .addOption(
      new Option('--adapter <which>', 'a device as described here, no GPU needed, or the one of this machine')
        .choices([...Object.keys(DESCRIBED), 'this'])
        .default('h200'),
    )
    .option('--stride <n>', 'of a convolution or pool', integer(1, 64))
    .option('--padding <n>', 'of a convolution or pool, or of pad2d', integer(0, 512))
    .addOption(new Option('--padding-mode <mode>', 'what lies past the border').choices(MODES))
    .option('--groups <n>', 'of a convolution', integer(1))
    .option('--kernel <n>', 'extent of a pool', integer(1, 512))
    .addOption(new Option('--size <HxW>', 'what resize makes (default: twice the size)').argParser(size))
    .addOption(new Option('--mode <mode>', 'of resize').choices(RESIZES))
    .addOption(new Option('--axes <list>', 'that a reduction sums over, or the order of permute').argParser(axes))
    .option('--transpose-a', 'of matmul')
    .option('--transpose-b', 'of matmul')
    .addHelpText('after', help())
    .action(kernel);
}
