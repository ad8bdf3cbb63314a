import { checkOutput } from '@visage/nn/node';
import {
  drawLabel,
  FaceFinder,
  formatOfName,
  loadFaceNetworks,
  PhotoSwapper,
  type Picture,
  pictureEndings,
  pictureFormats,
  type TemplateName,
} from '@visage/photos';
import { filmTarget, npmWeights, writePicture } from '@visage/photos/node';
import { pipelines, type Swapper } from '@visage/simswap';
import { adapterLine } from '@visage/training';
import { type Command, Option } from 'commander';
import { checkSquare, swapAligned } from '../photos/aligned.ts';
import { type ChoiceFlags, filesOf, type PhotoChoice, readChoice } from '../photos/choice.ts';
import {
  exaggerateOption,
  masksOption,
  networkFiles,
  readNetworks,
  type SwapNetworks,
  templateOption,
} from '../photos/networks.ts';
import { type SwappedPhotograph, swapPhotograph } from '../photos/photograph.ts';
import { named, readPictures } from '../photos/pictures.ts';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { integer, number } from '../terminal/options.ts';
import { precisionOption } from '../terminal/precision.ts';
import { type FilmSwapOptions, swapIntoFilm } from './swapFilm.ts';

interface Options extends ChoiceFlags, FilmSwapOptions {
  readonly aligned?: boolean;
}

/** The pictures of a swap, read. */
type Pictures = ReadonlyMap<string, Picture>;

async function swap(options: Options): Promise<void> {
  const { target, out, aligned, preview } = options;
  const choice = aligned ? alignedChoice(options) : readChoice(options);
  const film = aligned ? undefined : await filmTarget(target);
  if (film) return swapIntoFilm(film, choice, options);
  if (preview !== undefined) throw new UsageError(`--preview shows frames of a film, and ${target} is a picture`);
  const files = [target, ...filesOf(choice)];
  const { checkpoint, identity } = networkFiles(options);
  await checkOutput(out, { inputs: [checkpoint, identity, ...files], endings: pictureEndings });
  checkQuality(options);
  const networks = await readNetworks(options);
  const { size } = networks;
  const template = aligned ? undefined : networks.alignment();
  const pictures = await readPictures(files);
  if (aligned) for (const [name, picture] of pictures) checkSquare(name, picture);
  const gpu = await openDevice();
  const swapper = await networks.swapper();
  const source = named(pictures, filesOf(choice)[0] as string);
  const { picture, lines } = template
    ? await inPhotograph(networks, { swapper, template }, pictures, choice, options)
    : { picture: await swapAligned(swapper, source, named(pictures, target), size), lines: [] };
  for (const line of lines) console.log(line);
  console.log(await written(picture, options));
  if (gpu.adapter.software) console.log(`computed on ${adapterLine(gpu)}`);
}

/** The one source of a swap of aligned faces. */
function alignedChoice(options: Options): PhotoChoice {
  const { faces, face, match, map, threshold, template, masks, strength, exaggerate, source = [] } = options;
  const idle = Object.entries({ faces, face, match, map, threshold, template, masks, strength, exaggerate }).find(
    ([, value]) => value !== undefined,
  );
  if (idle) throw new UsageError(`--${idle[0]} is about faces in a photograph; --aligned takes and gives one face`);
  if (source.length !== 1) throw new UsageError('--aligned takes one --source');
  return { faces: 'largest', source };
}

/** Refuses a quality for a lossless format before the work begins. */
function checkQuality({ out, quality }: Options): void {
  const { label, quality: usual } = pictureFormats[formatOfName(out)];
  if (quality !== undefined && usual === undefined)
    throw new UsageError(
      `--quality ${quality}: ${out} is ${label}, which loses nothing; leave it out, or write a .jpg`,
    );
}

/** Swaps faces of a photograph. */
async function inPhotograph(
  { size, masks, exaggeration }: SwapNetworks,
  training: { readonly swapper: Swapper; readonly template: TemplateName },
  pictures: Pictures,
  choice: PhotoChoice,
  { target, strength }: Options,
): Promise<SwappedPhotograph> {
  const networks = loadFaceNetworks(npmWeights);
  const finder = new FaceFinder(networks);
  const photos = new PhotoSwapper({ ...training, finder, size, masks: await masks(), exaggeration });
  const swapped = await swapPhotograph({ photos, finder, pictures }, named(pictures, target), choice, { strength });
  await networks.dispose();
  return swapped;
}

/** Labels and writes the result; returns a line about it. */
async function written(picture: Picture, { out, label, quality }: Options): Promise<string> {
  if (label) drawLabel(picture);
  const { flattened } = await writePicture(out, picture, { quality });
  const visible = label ? 'a visible label' : 'no visible label, as asked,';
  const white = flattened ? '; what was transparent became white' : '';
  return `${out}: ${picture.width} x ${picture.height}, with ${visible} and the XMP mark of a synthetic picture${white}`;
}

/** Adds `visage swap`. */
export function addSwap(program: Command): void {
  program
    .command('swap')
    .description("put the source's identity into faces of a photograph, a film or a folder")
    .option(
      '--checkpoint <file>',
      'what `visage train` or `visage start` wrote, or a generator of `visage import` (default: the swapper that comes with Visage)',
    )
    .option('--identity <file>', 'the identity network of an imported generator; a checkpoint carries its own')
    .addOption(
      new Option('--pipeline <name>', 'insist on a pipeline: an imported generator of another is refused').choices(
        pipelines.map(({ name }) => name),
      ),
    )
    .addOption(precisionOption())
    .option('--source <picture...>', 'whose identity: one photograph of a person, or several, which are averaged')
    .requiredOption(
      '--target <picture>',
      'everything else: a photograph, a film, a folder of pictures, or - for YUV4MPEG',
    )
    .requiredOption('-o, --out <picture>', 'where to write the result, in the format that the ending names')
    .addOption(new Option('--faces <which>', 'which faces are swapped (default: largest)').choices(['largest', 'all']))
    .option('--face <number...>', 'the faces with these numbers, which `visage detect` prints', addNumber)
    .option('--match <picture...>', 'the face of the person that these photographs show')
    .option('--map <person=source...>', 'several people, each by another: anna.jpg=me.jpg ben.jpg=you.jpg')
    .option('--threshold <distance>', 'how different a matching face may be (default: 0.6)', number(0, 2))
    .option('--strength <share>', 'how much of the change is applied (default: 1)', number(0, 1))
    .addOption(exaggerateOption())
    .addOption(templateOption())
    .addOption(masksOption())
    .option('--aligned', 'source and target are aligned square faces already, and so is the result')
    .option('--quality <number>', 'of JPEG, WebP and AVIF (default: 92, AVIF 75)', integer(1, 100))
    .option(
      '--preview <seconds>',
      'of a film: write a frame every so many seconds into the folder --out',
      number(0.1, 3600),
    )
    .option('--no-label', 'leave the visible corner label out (the file keeps its XMP mark)')
    .action(swap);
}

/** The parser of `--face`, which adds a number to those before it. */
const addNumber = (text: string, before: readonly number[] = []): readonly number[] => [...before, integer(0)(text)];
