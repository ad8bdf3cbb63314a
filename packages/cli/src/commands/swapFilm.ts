/** @file `visage swap` where the target is a film, a folder of pictures or a pipe. */
import { createHash } from 'node:crypto';
import { loadFile } from '@visage/nn/node';
import { FaceFinder, loadFaceNetworks, PhotoSwapper, type Picture, type TemplateName } from '@visage/photos';
import { type FilmTarget, npmWeights } from '@visage/photos/node';
import { filesOf, type PhotoChoice } from '../photos/choice.ts';
import { checkFilm, type FilmFiles, swapFilm } from '../photos/film.ts';
import { type NetworkFlags, networkFiles, readNetworks } from '../photos/networks.ts';
import { gallery } from '../photos/photograph.ts';
import { readPictures } from '../photos/pictures.ts';
import { openDevice } from '../terminal/device.ts';
import { outliveReader } from '../terminal/interrupt.ts';

/** The options of `visage swap` that a film knows. */
export interface FilmSwapOptions extends NetworkFlags {
  readonly target: string;
  readonly out: string;
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
  const { precision = null, pipeline = null, masks = null, strength = 1, exaggerate = 0 } = options;
  const { checkpoint, identity } = networkFiles(options);
  const files = await Promise.all(filesOf(choice).map(hashOf));
  const networks = [await hashOf(checkpoint), await hashOf(identity)];
  return { networks, files, choice, template, precision, pipeline, masks, strength, exaggerate };
}

/**
 * Swaps faces in a film, a folder or a pipe.
 */
export async function swapIntoFilm(kind: FilmTarget, choice: PhotoChoice, options: FilmSwapOptions): Promise<void> {
  const { target, out, preview, strength, exaggerate: exaggeration, quality, label } = options;
  const { checkpoint, identity } = networkFiles(options);
  const files: FilmFiles = { kind, target, out, preview };
  await checkFilm(files, [checkpoint, identity, ...filesOf(choice)]);
  outliveReader();
  const networks = await readNetworks(options);
  const { size } = networks;
  const template = networks.alignment();
  const pictures: ReadonlyMap<string, Picture> = await readPictures(filesOf(choice));
  await openDevice();
  const swapper = await networks.swapper();
  const faceNetworks = loadFaceNetworks(npmWeights);
  const finder = new FaceFinder(faceNetworks);
  const photos = new PhotoSwapper({ swapper, finder, template, size, masks: await networks.masks(), exaggeration });
  const people = await gallery({ photos, finder, pictures }, choice);
  for (const line of people.lines) console.error(line);
  const settings = await settingsOf(options, choice, template);
  await swapFilm(files, { photos, finder, gallery: people, strength, quality, label, settings });
  await faceNetworks.dispose();
}
