import { type AlignedSwapper, type Face, PhotoSwapper, type Picture, picture } from '@visage/photos';
import { copy, expand, ones, reshape } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { type ChoiceFlags, filesOf, readChoice } from '../../packages/cli/src/photos/choice.ts';
import { type SwappedPhotograph, swapPhotograph } from '../../packages/cli/src/photos/photograph.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { faceAt } from '../photos/faces.ts';

const { test } = await gpuSuite('swap of a photograph');

/** Pictures by name, and who is in them: the descriptor of a person is one number. */
const shown: Readonly<Record<string, readonly (readonly [Face, number])[]>> = {
  'me.jpg': [[faceAt(20, 20, 60), 5]],
  'us.jpg': [
    [faceAt(0, 10, 40), 6],
    [faceAt(60, 20, 70), 7],
  ],
  'anna.jpg': [[faceAt(10, 20, 80), 0]],
  'ben.jpg': [[faceAt(20, 10, 80), 1]],
  'eve.jpg': [[faceAt(20, 10, 80), 3]],
  'wall.jpg': [],
  'party.jpg': [
    [faceAt(10, 10, 50), 1.2],
    [faceAt(100, 10, 90), 9],
    [faceAt(200, 20, 60), 0.1],
  ],
};
const pictures = new Map(Object.keys(shown).map((name) => [name, picture(300, 120)]));
const peopleOf = (source: unknown) =>
  shown[[...pictures].find(([, each]) => each === source)?.[0] ?? ''] as readonly (readonly [Face, number])[];

const finder = {
  find: async (source: Picture) => peopleOf(source).map(([face]) => face),
  describe: async (source: Picture, faces: readonly Face[]) =>
    faces.map((face) => Float32Array.of(peopleOf(source).find(([each]) => each === face)?.[1] ?? Number.NaN)),
};
/** Paints every face white. */
const swapper: AlignedSwapper = {
  latent: (source) => ones([source.dim(0), 3]),
  swap: (target, latent) => copy(expand(reshape(latent, [latent.dim(0), 1, 1, 3]), target.shape)),
};
const photos = new PhotoSwapper({ swapper, finder, template: 'simswap', size: 32 });

/** The swap that flags ask for. */
async function swapping(flags: ChoiceFlags, name = 'party.jpg'): Promise<SwappedPhotograph> {
  const choice = readChoice(flags);
  for (const file of filesOf(choice)) assert.ok(pictures.has(file));
  const target = { name, picture: pictures.get(name) as Picture };
  return swapPhotograph({ photos, finder, pictures }, target, choice, { colour: 'keep' });
}

async function failure(flags: ChoiceFlags, name?: string): Promise<string> {
  try {
    await swapping(flags, name);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

/** Which faces of the party became bright. */
const changed = ({ picture: { data, width } }: SwappedPhotograph): boolean[] =>
  peopleOf(pictures.get('party.jpg')).map(([{ box }]) => {
    const at = Math.round(box.y + box.height / 2) * width + Math.round(box.x + box.width / 2);
    return (data[4 * at] as number) > 100;
  });

const source = ['me.jpg'];

test('the largest face, by default, and what was done is said', async () => {
  const swapped = await swapping({ source });
  assert.equal(changed(swapped), [false, true, false]);
  assert.equal(swapped.lines, ['party.jpg: 3 faces; face 1 by me.jpg']);
});

test('all faces, faces by number, and a source with several faces, which is said', async () => {
  assert.equal(changed(await swapping({ source, faces: 'all' })), [true, true, true]);
  const swapped = await swapping({ source: ['us.jpg', 'me.jpg'], face: [2] });
  assert.equal(changed(swapped), [false, false, true]);
  assert.equal(swapped.lines[0], 'us.jpg: 2 faces; the largest is taken');
  assert.match(swapped.lines[1] as string, /face 2 by us\.jpg \+ me\.jpg/);
});

test('one person, found by a photograph', async () => {
  const swapped = await swapping({ source, match: ['anna.jpg'] });
  assert.equal(changed(swapped), [false, false, true]);
  assert.equal(swapped.lines, ['party.jpg: 3 faces; face 2 at distance 0.10 by me.jpg']);
});

test('several people, each by another; who is not there is said', async () => {
  const map = ['anna.jpg=me.jpg', 'eve.jpg=us.jpg', 'ben.jpg=us.jpg'];
  const swapped = await swapping({ map });
  assert.equal(changed(swapped), [true, false, true]);
  assert.match(swapped.lines[1] as string, /face 0 at distance 0\.20 by us\.jpg, face 2 at distance 0\.10 by me\.jpg/);
  assert.match(
    swapped.lines[2] as string,
    /eve\.jpg: not among the 3 faces: the nearest is 1\.80 away; --threshold is/,
  );
  assert.equal(changed(await swapping({ map, faces: 'all', source })), [true, true, true]);
});

test('what cannot be done is one line that names the picture', async () => {
  assert.match(await failure({ source }, 'wall.jpg'), /wall\.jpg: no face was found in its 300 x 120 pixels; nothing/);
  assert.match(await failure({ source: ['wall.jpg'] }), /wall\.jpg: no face was found/);
  assert.match(await failure({ source, face: [3] }), /--face 3: party\.jpg shows 3 faces, 0 to 2 from the left/);
  const nobody = await failure({ source, match: ['anna.jpg'], threshold: 0.05 });
  assert.match(
    nobody,
    /party\.jpg: no face was swapped, .*anna\.jpg: not among the 3 faces: the nearest is 0\.10 away/,
  );
  assert.not.match(nobody, '\n');
});

test.run();
