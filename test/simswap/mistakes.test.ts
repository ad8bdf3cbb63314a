/**
 * @file Networks, trainers and swappers refuse options that there are not and values that make no sense, before
 * anything is built or run.
 */
import { HostRandom } from '@visage/nn';
import {
  arcFaceMargin,
  Discriminator,
  diffAugment,
  drawWarps,
  fromUnit,
  Generator,
  loadSwapper,
  MarginHead,
  originalWarp,
  ProceduralPairs,
  type ProjectedConfig,
  ProjectedDiscriminator,
  paper,
  publishedGenerator,
  Swapper,
  Trainer,
} from '@visage/simswap';
import { ones } from '@visage/tensor';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, type Mistake, refusesEach } from '../helpers/mistakes.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test } = await gpuSuite('mistakes with networks and trainers', { backend: 'null', deterministic: true });

const networks = makeNetworks();
const { generator, identity } = networks;
const small = generator.config;
const parts = { ...networks, data: new HashedPairs() };
const swapper = new Swapper({ generator, identity });
const faces = ones([2, 48, 48, 3]);
const pairs = { batchSize: 2, imageSize: 48, identities: 4 };

const MISTAKES: readonly Mistake[] = [
  ['a generator of its width alone', () => new Generator(any({ width: 1 / 32 })), /^Generator: blocks is undefined/],
  ['another key of a generator', () => new Generator(any({ ...small, size: 1 })), /^Generator: option 'size'/],
  ['a head that there is not', () => new Generator({ ...small, head: any('relu') }), /^Generator: head is 'relu'/],
  [
    'no image',
    () => generator.forward(any(undefined), ones([1, 16])),
    /^Generator: target is undefined, expected a tensor/,
  ],
  ['no scales', () => new Discriminator({ width: 1, layers: 3, scales: 0 }), /^Discriminator: scales is 0/],
  [
    'a projected width alone',
    () => new ProjectedDiscriminator(any({ width: 1 }) as ProjectedConfig),
    /featureWidth is undefined/,
  ],
  [
    'a margin of no kind',
    () => new MarginHead(4, 8, { ...arcFaceMargin, kind: any('arc') }),
    /^MarginHead: kind is 'arc'/,
  ],
  ['another option of a trainer', () => new Trainer(any({ ...parts, lr: 1 })), /^Trainer: option 'lr' is 1, .*recipe/],
  [
    'a precision that there is not',
    () => new Trainer({ ...parts, precision: any('f16') }),
    /^Trainer: precision is 'f16'/,
  ],
  ['a replay that is no answer', () => new Trainer({ ...parts, replay: any('no') }), /^Trainer: replay is 'no'/],
  ['half a collapse', () => new Trainer({ ...parts, collapse: any({ change: 1 }) }), /collapse.patience is undefined/],
  [
    'a recipe with more',
    () => new Trainer({ ...parts, recipe: any({ ...paper, epochs: 3 }) }),
    /^recipe: option 'epochs'/,
  ],
  [
    'a recipe with less',
    () => new Trainer({ ...parts, recipe: any({ ...paper, weights: { identity: 1 } }) }),
    /recipe\.weights/,
  ],
  ['a swapper with more', () => new Swapper(any({ generator, identity, mode: 'fast' })), /^Swapper: option 'mode'/],
  [
    'a swapper at no precision',
    () => new Swapper({ generator, identity, precision: any('half') }),
    /^Swapper: precision is/,
  ],
  [
    'an interpolation that there is not',
    () => new Swapper({ generator, identity, identityResize: any('area') }),
    /'area'/,
  ],
  [
    'images of four channels',
    () => swapper.swap(ones([1, 48, 48, 4]), ones([1, 16])),
    /^Swapper: target is \[1, 48, 48, 4\]/,
  ],
  [
    'an image in place of a latent',
    () => swapper.swap(faces, faces),
    /^Swapper: latent is \[2, 48, 48, 3\], .*latent\(\) makes/,
  ],
  [
    'latents of other rows',
    () => swapper.swap(faces, ones([3, 16])),
    /^Swapper: latent is \[3, 16\], expected \[2, 16\]/,
  ],
  [
    'a path in place of a tensor',
    () => swapper.latent(any('face.png')),
    /^embed: images is 'face.png', expected a tensor/,
  ],
  [
    'another option of a saved swapper',
    () => loadSwapper(any({}), any({ device: 0 })),
    /^loadSwapper: option 'device'/,
  ],
  [
    'pairs by another name',
    () => new ProceduralPairs(any({ ...pairs, people: 4 })),
    /^ProceduralPairs: option 'people'/,
  ],
  [
    'pairs of half a batch',
    () => new ProceduralPairs({ ...pairs, batchSize: 0.5 }),
    /^ProceduralPairs: batchSize is 0.5/,
  ],
  [
    'an augmentation that there is not',
    () => diffAugment(faces, [any('blur')], ones([2, 7])),
    /^diffAugment: kinds is 'blur'/,
  ],
  ['a colour space that there is not', () => fromUnit(faces, any('bgr')), /^fromUnit: space is 'bgr'/],
  [
    'half a warp',
    () => drawWarps(new HostRandom(1), 1, 8, any({ ...originalWarp, turn: 1 })),
    /^drawWarps: option 'turn'/,
  ],
  [
    'a run without an end',
    () => new Trainer(parts).run(any({ steps: 3 })),
    /^Trainer\.run: option 'steps' is 3, expected only the options until/,
  ],
  [
    'a task by chance',
    () => new Trainer(parts).run({ until: 1, tasks: [{ every: 0, run() {} }] }),
    /every of a task is 0/,
  ],
];

refusesEach(test, MISTAKES);

test('the published generator is right as it is', () => {
  const { width: _, ...rest } = publishedGenerator;
  new Generator({ ...rest, width: 1 / 32 }).dispose();
});

test.run();
