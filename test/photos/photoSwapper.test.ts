import { type FaceKey, landmarkNames, landmarksOf, renderFaces } from '@visage/faces';
import { seeded } from '@visage/nn';
import {
  type AlignedSwapper,
  alignFace,
  downloadPicture,
  type Face,
  type FivePoints,
  PhotoSwapper,
  type PhotoSwapperOptions,
  type Picture,
  picture,
  uploadPicture,
} from '@visage/photos';
import { Generator, IResNet, publishedGenerator, Swapper } from '@visage/simswap';
import { copy, expand, mul, ones, reshape, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';
import { faceAt, faceOf } from './faces.ts';

const { test } = await gpuSuite('swaps in photographs');

/** Noise of every colour, with an alpha that is noise too: a swap that resamples anything shows. */
function noisy(width: number, height: number): Picture {
  const random = hostRandom(4);
  return picture(
    width,
    height,
    Uint8Array.from({ length: 4 * width * height }, () => 256 * random.uniform()),
  );
}

const SIZE = 64;
const faces = [70, 45, 120, 90, 60, 33].map((side, k) => faceAt(60 + 110 * k, 40 + 13 * k, side));
const group = noisy(760, 260);

/** A finder that was told where the faces are; a person's descriptor is the place of the face. */
const finderOf = (found: readonly Face[]): PhotoSwapperOptions['finder'] => ({
  find: async () => [...found],
  describe: async (_, described) => (described as readonly Face[]).map(({ box }) => Float32Array.of(box.x / 1000, 0)),
});

/** A generator that returns its target unchanged. */
const identical: AlignedSwapper = {
  latent: (source) => ones([source.dim(0), 4]),
  swap: (target) => copy(target),
};

/** A generator that paints the latent, three numbers, as a colour. */
const painter: AlignedSwapper = {
  latent: (source) => ones([source.dim(0), 3]),
  swap: (target, latent) => copy(expand(reshape(latent, [latent.dim(0), 1, 1, 3]), target.shape)),
};

const swapperOf = (swapper: AlignedSwapper, found: readonly Face[] = faces): PhotoSwapper =>
  new PhotoSwapper({ swapper, finder: finderOf(found), template: 'simswap', size: SIZE });

/** The largest difference of two pictures among the pixels that `counts` takes. */
function difference(a: Picture, b: Picture, counts: (x: number, y: number) => boolean = () => true): number {
  let most = 0;
  for (let at = 0; at < a.data.length; at++) {
    const pixel = at >> 2;
    if (!counts(pixel % a.width, Math.floor(pixel / a.width))) continue;
    most = Math.max(most, Math.abs((a.data[at] as number) - (b.data[at] as number)));
  }
  return most;
}

/** Is a pixel inside the ellipse of a face, which `shrunk` makes smaller? */
const inside =
  (face: Face, shrunk = 1) =>
  (x: number, y: number): boolean => {
    const { box } = face;
    const [u, v] = [(x + 0.5 - box.x) / box.width, (y + 0.5 - box.y) / box.height];
    return Math.hypot(2 * u - 1, 2 * v - 1) < shrunk;
  };
const outsideAll = (x: number, y: number): boolean => !faces.some((face) => inside(face, 1.05)(x, y));

test('an identity generator changes no pixel of a group by more than 1/255', async () => {
  const photos = swapperOf(identical);
  const plan = await photos.plan(group, { faces: 'all' });
  assert.is(plan.chosen.length, 6);
  const result = await photos.swap(group, plan, [ones([1, 4])]);
  assert.ok(difference(result, group) <= 1, `${difference(result, group)}`);
  assert.is(difference(result, group, outsideAll), 0);
});

test('the chosen faces change, and nothing else: outside of their outlines every bit stays', async () => {
  const photos = swapperOf(painter);
  const plan = await photos.plan(group, { faces: [1, 3] });
  const result = await photos.swap(group, plan, [tensor([1, 0, 0], [1, 3])], { colour: 'keep' });
  const [chosen, others] = [
    [1, 3],
    [0, 2, 4, 5],
  ].map((numbers) => numbers.map((k) => faces[k] as Face));
  for (const face of chosen as Face[]) assert.ok(difference(result, group, inside(face, 0.5)) > 200);
  for (const face of others as Face[]) assert.is(difference(result, group, inside(face)), 0);
  assert.is(difference(result, group, outsideAll), 0);
  const alphas = ({ data }: Picture): Uint8Array => data.filter((_, k) => k % 4 === 3);
  assert.equal(alphas(result), alphas(group));
});

/** The colour in the middle of a face, on a grey ground. */
async function middles(identities: readonly Tensor[], choice: Parameters<PhotoSwapper['plan']>[1], strength = 1) {
  const photos = swapperOf(painter);
  const grey = picture(group.width, group.height, new Uint8Array(group.data.length).fill(100));
  const plan = await photos.plan(grey, choice);
  const { data } = await photos.swap(grey, plan, identities, { colour: 'keep', strength });
  return faces.map(({ box }) => {
    const at = 4 * (Math.round(box.y + box.height / 2) * group.width + Math.round(box.x + box.width / 2));
    return [...data.subarray(at, at + 3)];
  });
}

test('each person of a map gets the identity that was named, one portion after the other', async () => {
  const people = [5, 0, 3].map((k) => Float32Array.of((faces[k] as Face).box.x / 1000, 0));
  const colours = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 1],
  ].map((colour) => tensor(colour, [1, 3]));
  const grey = [100, 100, 100];
  const [red, green, blue, white] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  assert.equal(await middles(colours, { people, threshold: 0.02 }), [green, grey, grey, blue, grey, red]);
  const all = await middles(colours, { people, threshold: 0.02, others: true });
  assert.equal(all, [green, white, white, blue, white, red]);
});

test('strength mixes the change with the original', async () => {
  const white = [tensor([1, 1, 1], [1, 3])];
  for (const [strength, expected] of [
    [0, 100],
    [0.4, 162],
    [1, 255],
  ] as const)
    for (const colour of await middles(white, { faces: 'all' }, strength))
      assert.ok(
        colour.every((value) => Math.abs(value - expected) <= 1),
        `${strength}: ${colour}`,
      );
});

test('a frame on the GPU gets the same pixels as a picture', async () => {
  const photos = swapperOf(painter);
  const latent = tensor([0.2, 0.9, 0.4], [1, 3]);
  const plan = await photos.plan(group, { faces: 'all' });
  const expected = await photos.swap(group, plan, [latent], { strength: 0.7 });
  const placed = plan.faces.map((face) => photos.place(face, latent));
  const frame = photos.swapFaces(uploadPicture(group), placed, { strength: 0.7 });
  assert.is(difference(await downloadPicture(frame), expected), 0);
});

test('an exaggerated identity lies beyond the source, away from the face that it replaces', async () => {
  const exaggerating = (exaggeration: number) =>
    new PhotoSwapper({ swapper: painter, finder: finderOf(faces), template: 'simswap', size: SIZE, exaggeration });
  const latent = tensor([0.9, 0.7, 0.8], [1, 3]); // every target's is [1, 1, 1]
  const length = Math.hypot(0.8, 0.4, 0.6);
  const beyond = tensor([0.8 / length, 0.4 / length, 0.6 / length], [1, 3]);
  const asPainted = { colour: 'keep' } as const;
  const plan = await swapperOf(painter).plan(group, { faces: 'all' });
  const expected = await swapperOf(painter).swap(group, plan, [beyond], asPainted);
  assert.ok(difference(await exaggerating(1).swap(group, plan, [latent], asPainted), expected) <= 1);
  const placed = plan.faces.map((face) => exaggerating(1).place(face, latent));
  const frame = exaggerating(1).swapFaces(uploadPicture(group), placed, asPainted);
  assert.ok(difference(await downloadPicture(frame), expected) <= 1);
  const plain = await swapperOf(painter).swap(group, plan, [latent], asPainted);
  assert.is(difference(await exaggerating(0).swap(group, plan, [latent], asPainted), plain), 0);
  assert.ok(difference(plain, expected) > 20);
  assert.throws(() => exaggerating(-1), /exaggeration is -1, expected .* 0 to 10/);
});

test('nothing chosen leaves the picture itself', async () => {
  const photos = swapperOf(painter, []);
  const plan = await photos.plan(group, { faces: 'largest' });
  assert.is(await photos.swap(group, plan, []), group);
});

test('a parsing of the crops can keep what stands before a face', async () => {
  const photos = new PhotoSwapper({
    swapper: painter,
    finder: finderOf(faces),
    template: 'simswap',
    size: SIZE,
    masks: (_, outlines) => mul(outlines, 0),
  });
  const plan = await photos.plan(group, { faces: 'all' });
  assert.is(difference(await photos.swap(group, plan, [ones([1, 3])]), group), 0);
});

/** The five points of a rendered face in its own picture. */
function pointsOf(key: FaceKey, side: number): FivePoints {
  const named = landmarksOf(key, side);
  return landmarkNames.slice(0, 5).map((name) => [named[name].x, named[name].y]) as unknown as FivePoints;
}

/** A picture with a rendered face at (x, y), and where its five points are. */
async function renderedPicture(
  key: FaceKey,
  x: number,
  y: number,
  side: number,
  width = 300,
): Promise<[Picture, Face]> {
  const { identity, attributes } = key;
  const size = { identities: Uint32Array.of(identity), attributes: Uint32Array.of(attributes), size: side };
  const pixels = await renderFaces(size).floats();
  const scene = picture(width, width);
  for (let k = 0; k < side * side; k++)
    for (let channel = 0; channel < 3; channel++) {
      const at = 4 * ((y + Math.floor(k / side)) * width + x + (k % side)) + channel;
      scene.data[at] = Math.round(255 * (pixels[3 * k + channel] as number));
    }
  return [scene, faceOf(pointsOf(key, side).map(([u, v]) => [x + u, y + v]) as unknown as FivePoints)];
}

/** SimSwap's networks with random weights, small, on 48 pixels. */
const randomSwapper = (): Swapper =>
  seeded(3, () => {
    const generator = new Generator({ ...publishedGenerator, width: 1 / 16, blocks: 1, latent: 16 });
    const layers = [1, 1, 1, 1] as const;
    const sizes = { width: 1 / 16, embedding: 16, inputSize: 48, squeeze: false };
    const identity = new IResNet({ kind: 'iresnet', layers, ...sizes });
    return new Swapper({ generator: generator.freeze().eval(), identity: identity.freeze().eval() });
  });

test('several portraits of a person are averaged to one unit vector', async () => {
  const swapper = randomSwapper();
  const keys = [1, 2].map((attributes) => ({ identity: 7, attributes }));
  const [first, second] = await Promise.all(keys.map((key, k) => renderedPicture(key, 40 + 60 * k, 80, 120)));
  const identityOf = async (...shown: [Picture, Face][]): Promise<Float32Array> => {
    const portraits = [];
    for (const [shot, face] of shown) {
      const photos = new PhotoSwapper({ swapper, finder: finderOf([face]), template: 'rendered', size: 48 });
      portraits.push(await photos.portrait({ name: 'a', picture: shot }));
    }
    const photos = new PhotoSwapper({ swapper, finder: finderOf([]), template: 'rendered', size: 48 });
    return photos.identity(portraits).floats();
  };
  const [a, b] = [await identityOf(first as [Picture, Face]), await identityOf(second as [Picture, Face])];
  const both = await identityOf(first as [Picture, Face], second as [Picture, Face]);
  const sums = a.map((value, k) => value + (b[k] as number));
  const norm = Math.hypot(...sums);
  assert.ok(Math.abs(Math.hypot(...both) - 1) < 1e-5);
  for (const [k, value] of both.entries()) assert.ok(Math.abs(value - (sums[k] as number) / norm) < 1e-5);
  swapper.dispose();
});

test('on average the crop of a rendered face is that face again, so networks see what they were trained on', () => {
  const count = 200;
  const mean = { a: 0, b: 0, tx: 0, ty: 0 };
  for (let k = 0; k < count; k++) {
    const points = pointsOf({ identity: k, attributes: 3 * k, level: 'L1' }, 128);
    const { transform } = alignFace(points, 'rendered', 128);
    for (const name of ['a', 'b', 'tx', 'ty'] as const) mean[name] += transform[name] / count;
  }
  for (const [name, expected] of Object.entries({ a: 1, b: 0, tx: 0, ty: 0 })) {
    const off = Math.abs(mean[name as keyof typeof mean] - expected);
    assert.ok(off < (name.startsWith('t') ? 1.5 : 0.02), `${name} ${off}`);
  }
});

test('a real swapper changes the face of a picture, and its surroundings not at all', async () => {
  const swapper = randomSwapper();
  const [scene, face] = await renderedPicture({ identity: 3, attributes: 5 }, 90, 60, 128);
  const photos = new PhotoSwapper({ swapper, finder: finderOf([face]), template: 'rendered', size: 48 });
  const me = photos.identity([await photos.portrait({ name: 'me', picture: scene })]);
  const result = await photos.swap(scene, await photos.plan(scene, { faces: 'largest' }), [me]);
  assert.ok(difference(result, scene, inside(face, 0.6)) > 10);
  assert.is(
    difference(result, scene, (x, y) => !inside(face, 1.05)(x, y)),
    0,
  );
  swapper.dispose();
});

test('a photograph without a face is named, and so are other mistakes', async () => {
  const failing = async (work: () => unknown): Promise<string> => {
    try {
      await work();
    } catch (error) {
      return (error as Error).message;
    }
    return 'no error';
  };
  const photos = swapperOf(painter, []);
  const empty = await failing(() => photos.portrait({ name: 'wall.jpg', picture: group }));
  assert.match(empty, /wall\.jpg: no face was found in its 760 x 260 pixels/);
  const plan = { faces, chosen: [{ face: 0, identity: 1 }], missing: [] };
  assert.match(await failing(() => photos.swap(group, plan, [ones([1, 3])])), /identities is 1, expected at least 2/);
  const strong = await failing(() => photos.swap(group, plan, [], { strength: 2 }));
  assert.match(strong, /strength is 2/);
  const other = { swapper: painter, finder: finderOf([]), template: 'face' as 'ffhq', size: SIZE };
  assert.throws(() => new PhotoSwapper(other), /template is 'face'/);
  assert.throws(() => photos.identity([]), /an empty list/);
});

test.run();
