/** @file `visage swap` where the target is a film, a folder of pictures or a pipe. */
import { createHash } from 'node:crypto';
import { VisageError } from '@visage/gpu';
import { loadFile, loadSafetensors } from '@visage/nn/node';
import {
  FaceFinder,
  loadFaceNetworks,
  PhotoSwapper,
  type Picture,
  type TemplateName,
  trainedTemplate,
} from '@visage/photos';
import { type FilmTarget, npmWeights } from '@visage/photos/node';
import { loadSwapper, type PipelineName, type Precision, swapImageSize } from '@visage/simswap';
import { filesOf, type PhotoChoice } from '../photos/choice.ts';
import { checkFilm, type FilmFiles, swapFilm } from '../photos/film.ts';
import { gallery } from '../photos/photograph.ts';
import { readPictures } from '../photos/pictures.ts';
import { openDevice } from '../terminal/device.ts';
import { type Flags, withFlags } from '../terminal/flags.ts';
import { outliveReader } from '../terminal/interrupt.ts';
import { warnOfPrecision } from '../terminal/precision.ts';

/** The options of `visage swap` that a film knows. */
export interface FilmSwapOptions {
  readonly checkpoint: string;
  readonly identity?: string;
  readonly pipeline?: PipelineName;
  readonly precision?: Precision;
  readonly target: string;
  readonly out: string;
  readonly template?: TemplateName;
  readonly strength?: number;
  readonly quality?: number;
  readonly label: boolean;
  readonly preview?: number;
}

/** A name for the content of a file. */
const hashOf = async (path: string | undefined): Promise<string | null> =>
  path === undefined
    ? null
    : createHash('sha256')
        .update(await loadFile(path))
        .digest('hex');

/** What decides the result: a run goes on with what another left only if all of it is the same. */
async function settingsOf(options: FilmSwapOptions, choice: PhotoChoice, template: TemplateName): Promise<unknown> {
  const { checkpoint, identity, precision = null, pipeline = null, strength = 1 } = options;
  const files = await Promise.all(filesOf(choice).map(hashOf));
  const networks = [await hashOf(checkpoint), await hashOf(identity)];
  return { networks, files, choice, template, precision, pipeline, strength };
}

/**
 * Swaps faces in a film, a folder or a pipe.
 *
 * @param flags the names that the command uses for arguments of the libraries.
 * @param unknown says what to do where the checkpoint does not know its alignment.
 */
export async function swapIntoFilm(
  kind: FilmTarget,
  choice: PhotoChoice,
  options: FilmSwapOptions,
  flags: Flags,
  unknown: string,
): Promise<void> {
  const { checkpoint, identity, pipeline, precision, target, out, preview, strength, quality, label } = options;
  const files: FilmFiles = { kind, target, out, preview };
  await checkFilm(files, [checkpoint, identity, ...filesOf(choice)]);
  outliveReader();
  const file = await loadSafetensors(checkpoint);
  const identityFile = identity === undefined ? undefined : await loadSafetensors(identity);
  const size = await withFlags(flags, () => swapImageSize(file));
  const template = options.template ?? trainedTemplate(file);
  if (template === undefined) throw new VisageError(`${checkpoint}: ${unknown}`);
  const pictures: ReadonlyMap<string, Picture> = await readPictures(filesOf(choice));
  await openDevice();
  warnOfPrecision(precision);
  const swapper = await withFlags(flags, () => loadSwapper(file, { identity: identityFile, pipeline, precision }));
  const networks = loadFaceNetworks(npmWeights);
  const finder = new FaceFinder(networks);
  const photos = new PhotoSwapper({ swapper, finder, template, size });
  const people = await gallery({ photos, finder, pictures }, choice);
  for (const line of people.lines) console.error(line);
  const settings = await settingsOf(options, choice, template);
  await swapFilm(files, { photos, finder, gallery: people, strength, quality, label, settings });
  await networks.dispose();
}
