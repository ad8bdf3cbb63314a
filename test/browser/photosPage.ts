/** @file What runs inside the browser: photographs from their files to a swap, as a page of a user does it. */
import { openGpu, useGpu } from '@visage/gpu';
import {
  type AlignedSwapper,
  FaceFinder,
  type FaceNetworks,
  fetchWeights,
  loadFaceNetworks,
  PhotoSwapper,
  type Picture,
  picture,
  pictureOfBlob,
  pictureToBlob,
  pictureToCanvas,
} from '@visage/photos';
import { copy, ones } from '@visage/tensor';
import type { BothWays, Outputs } from '../photos/madeUp.ts';
import { type Looks, outputsOfPhoto } from '../photos/photoOutputs.ts';
import { fileOf } from './served.ts';

let opened: Promise<FaceNetworks> | undefined;

const networksOf = (): Promise<FaceNetworks> =>
  (opened ??= (async () => {
    useGpu(await openGpu(navigator.gpu, { profile: 'browser' }));
    return loadFaceNetworks(fetchWeights('weights'));
  })());

const plainOutputs = (outputs: Outputs) =>
  Object.entries(outputs).map(([name, values]) => [name, [...values]] as const);
const plainWays = ({ eager, replayed }: BothWays) => ({ eager: plainOutputs(eager), replayed: plainOutputs(replayed) });

/** The SHA-256 of a picture's bytes without their alphas. */
async function rgbHash({ data }: Picture): Promise<string> {
  const digest = await crypto.subtle.digest(
    'SHA-256',
    data.filter((_, k) => k % 4 < 3),
  );
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What the networks say of a photograph that the browser decoded, as lists that leave the page. */
async function outputs(path: string, looks: Looks) {
  const photo = await pictureOfBlob(await fileOf(path));
  const { detector, recogniser, mesh } = await outputsOfPhoto(await networksOf(), photo, looks);
  return {
    rgb: await rgbHash(photo),
    detector: plainWays(detector),
    recogniser: plainWays(recogniser),
    ...(mesh && { mesh: plainWays(mesh) }),
  };
}

/** A generator that returns its target unchanged. */
const identical: AlignedSwapper = {
  latent: (source) => ones([source.dim(0), 4]),
  swap: (target) => copy(target),
};

/** The largest difference of two pictures. */
const difference = (a: Pick<Picture, 'data'>, b: Pick<Picture, 'data'>): number =>
  a.data.reduce((most, value, k) => Math.max(most, Math.abs(value - (b.data[k] as number))), 0);

/** A photograph on the whole way: its largest face found, described and swapped; the result shown, and saved. */
async function swap(name: string) {
  const finder = new FaceFinder(await networksOf());
  const photos = new PhotoSwapper({ swapper: identical, finder, template: 'simswap', size: 112 });
  const target = await pictureOfBlob(await fileOf(name));
  const portrait = await photos.portrait({ name, picture: target });
  const [me, descriptor] = [photos.identity([portrait]), await photos.descriptor([portrait])];
  const plan = await photos.choose(target, [portrait.face], { people: [descriptor] });
  const swapped = await photos.swap(target, plan, [me]);
  const canvas = new OffscreenCanvas(1, 1);
  pictureToCanvas(swapped, canvas);
  const shown = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) as ImageData;
  const saved = await pictureToBlob(swapped, 'png');
  return {
    box: portrait.face.box,
    chosen: plan.chosen.length,
    isNew: swapped !== target,
    change: difference(swapped, target),
    onCanvas: difference({ data: new Uint8Array(shown.data) }, swapped),
    inFile: difference(await pictureOfBlob(saved), swapped),
    saved: { type: saved.type, bytes: [...new Uint8Array(await saved.arrayBuffer())] },
    plain: [...new Uint8Array(await (await pictureToBlob(swapped, 'png', { marks: false })).arrayBuffer())],
  };
}

/** The messages of mistakes that pages make. */
async function mistakes() {
  const messageOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      ({ message }: Error) => message,
    );
  const small = picture(2, 2);
  const taken = new OffscreenCanvas(1, 1);
  taken.getContext('webgl');
  return {
    noWebGpu: await messageOf(openGpu(undefined)),
    noPicture: await messageOf(pictureOfBlob(new Blob(['Dear diary']))),
    otherOption: await messageOf(pictureToBlob(small, 'png', { xmp: 'x' } as object)),
    otherFormat: await messageOf(pictureToBlob(small, 'avif')),
    takenCanvas: await messageOf((async () => pictureToCanvas(small, taken))()),
  };
}

const checks = { outputs, swap, mistakes };

declare global {
  var visagePhotos: typeof checks;
}
globalThis.visagePhotos = checks;
