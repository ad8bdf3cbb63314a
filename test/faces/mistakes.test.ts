/** @file Procedural faces refuse options that there are not and numbers that name no face. */

import {
  FaceSampler,
  faceFactors,
  image,
  imageGrid,
  landmarksOf,
  renderFaces,
  resizeImage,
  SwapFaces,
  useHeads,
} from '@visage/faces';
import { encodePng, writeFaceFolder } from '@visage/faces/node';
import { tensor } from '@visage/tensor';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, type Mistake, refusesEach } from '../helpers/mistakes.ts';

const { test } = await gpuSuite('mistakes with faces');

const one = Uint32Array.of(1);
const faces = { identities: one, attributes: one, size: 16 };
const black = image(2, 2);

const MISTAKES: readonly Mistake[] = [
  ['an option that there is not', () => renderFaces(any({ ...faces, quality: 2 })), /^render: option 'quality' is 2/],
  [
    'a level that there is not',
    () => renderFaces({ ...faces, level: any('L4') }),
    /^faces: level is 'L4', expected 'L0'/,
  ],
  ['half a ray', () => renderFaces({ ...faces, samples: 1.5 }), /^render: samples is 1.5/],
  [
    'plain numbers',
    () => renderFaces({ ...faces, identities: any([1]) }),
    /^render: identities is \[1\], expected a Uint32/,
  ],
  [
    'signed numbers',
    () => renderFaces({ ...faces, identities: tensor(Int32Array.of(1)) }),
    /identities's dtype is i32, expected u32/,
  ],
  [
    'no faces',
    () => renderFaces({ ...faces, identities: new Uint32Array(0), attributes: new Uint32Array(0) }),
    /0 numbers/,
  ],
  ['a batch by another name', () => new SwapFaces(any({ batchSize: 1, size: 16 })), /^SwapFaces: option 'batchSize'/],
  ['one person', () => new FaceSampler({ identities: 1 }), /^FaceSampler: identities is 1/],
  ['a negative seed', () => new FaceSampler({ identities: 2, seed: -1 }), /^FaceSampler: seed is -1/],
  [
    'a face that is no number',
    () => faceFactors({ identity: any('a'), attributes: 1 }),
    /^faceFactors: identity is 'a'/,
  ],
  ['a face with another key', () => landmarksOf(any({ identity: 1, attribute: 1 }), 16), /option 'attribute' is 1/],
  ['rows of a grid', () => imageGrid([black], any({ columns: 1, rows: 1 })), /^imageGrid: option 'rows'/],
  ['one image as a grid', () => imageGrid(any(black), { columns: 1 }), /^imageGrid: images is/],
  [
    'heads that are still being read',
    () => useHeads(any(Promise.resolve())),
    /^useHeads: asset is .*with await before/,
  ],
  ['half a pixel', () => resizeImage(black, 1.5), /^resizeImage: width is 1.5/],
  ['compression', () => encodePng(black, any({ level: 9 })), /^encodePng: option 'level'/],
  [
    'images by another name',
    () => writeFaceFolder('nowhere', any({ identities: 1, images: 1, size: 16 })),
    /option 'images'/,
  ],
];

refusesEach(test, MISTAKES);

test.run();
