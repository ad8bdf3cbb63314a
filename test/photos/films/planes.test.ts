/** Planes of films' frames against plain loops, for every format, matrix and rotation; what must keep its bits. */
import {
  coloursOf,
  downloadPicture,
  downloadPlanes,
  frameOf,
  type PlaneForm,
  type PlaneFormat,
  packedLayout,
  picture,
  pictureOfPlanes,
  pictureToPlanes,
  planeFormats,
  shownSize,
  uploadPicture,
  uploadPlanes,
  writtenForm,
} from '@visage/photos';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { any, refusesEach } from '../../helpers/mistakes.ts';
import { hostRandom } from '../../helpers/random.ts';
import { plainPicture, plainPlanes } from './plainPlanes.ts';

const { test } = await gpuSuite('planes of films');

function formOf(format: PlaneFormat, changes: Partial<PlaneForm> = {}): PlaneForm {
  const { width = 27, height = 13 } = changes;
  return {
    format,
    width,
    height,
    ...packedLayout(format, width, height),
    colours: { matrix: 'bt709', fullRange: false },
    rotation: 0,
    flip: false,
    ...changes,
  };
}

/** Smooth planes with noise; 10 and 12 bits use all of them. */
function randomFrame(form: PlaneForm, seed = 1): Uint8Array {
  const bits = Number(/P(\d+)$/.exec(form.format)?.[1] ?? 8);
  const noise = hostRandom(seed).normals(form.bytes, 20);
  const data = new Uint8Array(form.bytes);
  const samples = bits === 8 ? data : new Uint16Array(data.buffer);
  const step = 2 ** (bits - 8);
  for (let k = 0; k < samples.length; k++)
    samples[k] = Math.max(0, Math.min(2 ** bits - 1, step * (128 + (noise[k] as number))));
  return data;
}

const forms: [string, PlaneForm][] = [
  ...planeFormats.map((format): [string, PlaneForm] => [format, formOf(format)]),
  ['BT.601, full range', formOf('I420', { colours: { matrix: 'bt601', fullRange: true } })],
  ['BT.2020, full range, 10 bits', formOf('I420P10', { colours: { matrix: 'bt2020', fullRange: true } })],
  ['turned by 90°', formOf('I420', { rotation: 90 })],
  ['turned by 180°', formOf('NV12', { rotation: 180 })],
  ['turned by 270°, mirrored', formOf('I422', { rotation: 270, flip: true })],
  ['rows with gaps', formOf('I420', { ...packedLayout('I420', 27, 13, 32) })],
];

async function converted(form: PlaneForm, data: Uint8Array, change: (pixels: Uint8Array) => void) {
  const planes = uploadPlanes(data, form);
  const before = pictureOfPlanes(planes, form, frameOf(form));
  const shown = await downloadPicture(before);
  const changed = picture(shown.width, shown.height, shown.data.slice());
  change(changed.data);
  const after = uploadPicture(changed);
  const written = await downloadPlanes(pictureToPlanes(planes, form, before, after));
  return { shown, changed, written };
}

/** Fails unless bytes are values of float64, rounded. */
function nearly(bytes: Uint8Array, values: Float64Array, what: string): void {
  assert.is(bytes.length, values.length);
  for (const [k, byte] of bytes.entries()) assert.ok(Math.abs(byte - (values[k] as number)) <= 0.51, `${what} ${k}`);
}

for (const [name, form] of forms)
  test(`${name}: the picture and the changed planes are what plain loops say`, async () => {
    const data = randomFrame(form);
    const { shown, changed, written } = await converted(form, data, (pixels) => {
      for (let at = 0; at < pixels.length / 3; at += 4) pixels[at] = Math.min(255, (pixels[at] as number) + 60);
    });
    const size = shownSize(form);
    assert.equal([shown.width, shown.height], [size.width, size.height]);
    nearly(shown.data, plainPicture(data, form), 'byte');
    nearly(written, plainPlanes(data, form, shown.data, changed.data), 'sample');
  });

for (const format of ['I420', 'NV12'] as const)
  test(`${format}: a picture that did not change gives the frame's own samples`, async () => {
    const form = formOf(format, { width: 32, height: 14, ...packedLayout(format, 32, 14) });
    const data = randomFrame(form);
    const { written } = await converted(form, data, () => undefined);
    const [luma, chroma] = [32 * 14, 16 * 7];
    assert.equal(written.subarray(0, luma), data.subarray(0, luma));
    for (let k = 0; k < chroma; k++) {
      const [u, v] = format === 'I420' ? [luma + k, luma + chroma + k] : [luma + 2 * k, luma + 2 * k + 1];
      assert.is(written[luma + k], data[u]);
      assert.is(written[luma + chroma + k], data[v]);
    }
  });

test('a change reaches the samples of its own pixels and of their neighbours in chroma, no others', async () => {
  const form = formOf('I420', { width: 32, height: 16, ...packedLayout('I420', 32, 16) });
  const data = randomFrame(form);
  const [x, y] = [10, 5];
  const { written } = await converted(form, data, (pixels) => pixels.fill(200, 4 * (y * 32 + x), 4 * (y * 32 + x) + 3));
  const changed = [...written.keys()].filter((k) => written[k] !== data[k]);
  const chroma = (y >> 1) * 16 + x / 2;
  for (const k of changed) assert.ok([y * 32 + x, 512 + chroma, 512 + 128 + chroma].includes(k), `sample ${k}`);
  assert.ok(changed.includes(y * 32 + x));
});

test('odd sides become even by repeating the last column and row', async () => {
  const form = formOf('I420');
  const out = writtenForm(form);
  assert.equal([out.width, out.height, out.layout[0]?.stride], [28, 14, 32]);
  const { written } = await converted(form, randomFrame(form), () => undefined);
  assert.is(written[27], written[26]);
  assert.equal(written.subarray(13 * 32, 13 * 32 + 28), written.subarray(12 * 32, 12 * 32 + 28));
});

test('untagged films are BT.601 below 720 lines and BT.709 from there on', () => {
  assert.equal(coloursOf({ matrix: null, fullRange: null }, 576), { matrix: 'bt601', fullRange: false });
  assert.equal(coloursOf({}, 1080), { matrix: 'bt709', fullRange: false });
  assert.equal(coloursOf({ matrix: 'smpte170m', fullRange: true }, 1080), { matrix: 'bt601', fullRange: true });
});

const form = formOf('I420');
refusesEach(test, [
  ['a matrix of RGB', () => coloursOf({ matrix: 'rgb' }, 1080), /matrix is 'rgb'.*bt709/],
  ['too few bytes', () => uploadPlanes(new Uint8Array(4), form), /data is 4 bytes/],
  [
    'planes of another form',
    () => pictureOfPlanes(uploadPlanes(randomFrame(form), form), formOf('I444'), frameOf(form)),
    /planes/,
  ],
  ['no frame', () => pictureOfPlanes(any(null), form, frameOf(form)), /planes/],
]);

test.run();
