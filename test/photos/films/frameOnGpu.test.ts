/** Parts of frames on the GPU: the bits are those of whole frames, whatever the turn, and only the part is changed. */
import {
  changedFrames,
  downloadPicture,
  type FilmFrame,
  FrameOnGpu,
  type FrameView,
  type GpuPicture,
  type PlaneForm,
  packedLayout,
  partOf,
  picture,
  uploadPicture,
  viewOf,
  wholePart,
} from '@visage/photos';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { errorOf } from '../../helpers/mistakes.ts';
import { hostRandom } from '../../helpers/random.ts';

const { test, gpu } = await gpuSuite('frames on the GPU');

const [WIDTH, HEIGHT] = [322, 246];

const formOf = (changes: Partial<PlaneForm> = {}): PlaneForm => ({
  format: 'I420',
  width: WIDTH,
  height: HEIGHT,
  ...packedLayout('I420', WIDTH, HEIGHT),
  colours: { matrix: 'bt709', fullRange: false },
  rotation: 0,
  flip: false,
  ...changes,
});

function frameOf(form: PlaneForm, seed = 1): FilmFrame {
  const noise = hostRandom(seed).normals(form.bytes, 40);
  const data = Uint8Array.from({ length: form.bytes }, (_, k) =>
    Math.max(16, Math.min(235, 128 + (noise[k] as number))),
  );
  return { timestamp: 0, duration: 1 / 25, data, form, tags: {} };
}

const forms: readonly (readonly [string, PlaneForm])[] = [
  ['as it is', formOf()],
  ['turned by 90°', formOf({ rotation: 90 })],
  ['turned by 180°, mirrored', formOf({ rotation: 180, flip: true })],
  ['turned by 270°', formOf({ rotation: 270 })],
  ['with gaps between rows', formOf(packedLayout('I420', WIDTH, HEIGHT, 64))],
];

const boxes = [
  { x: 101, y: 77, width: 51, height: 63 },
  { x: 0, y: 0, width: 30, height: 20 },
  { x: 200, y: 190, width: 40, height: 50 },
];

/** The pixels of a box out of a picture that holds it. */
async function pixelsOf(held: GpuPicture, box: (typeof boxes)[number]): Promise<number[]> {
  const { data } = await downloadPicture(held);
  const pixels: number[] = [];
  for (let y = box.y; y < box.y + box.height; y++) {
    const from = 4 * ((y - held.window.y) * held.window.width + box.x - held.window.x);
    pixels.push(...data.subarray(from, from + 4 * box.width));
  }
  return pixels;
}

/** Work that adds 40 to the red of a box: in the part of the frame that holds it, or in the whole frame. */
const redder = (box: (typeof boxes)[number], isPart: boolean) => ({
  look: async (frame: FrameView) => {
    const before = frame.picture(isPart ? box : undefined);
    return { before, data: (await downloadPicture(before)).data };
  },
  change(_: FrameView, { before, data }: { before: GpuPicture; data: Uint8Array }): GpuPicture {
    const { window } = before;
    for (let y = box.y; y < box.y + box.height; y++)
      for (let x = box.x; x < box.x + box.width; x++) {
        const at = 4 * ((y - window.y) * window.width + x - window.x);
        data[at] = Math.min(255, (data[at] as number) + 40);
      }
    const { pixels } = uploadPicture(picture(window.width, window.height, data));
    return { ...before, pixels };
  },
});

async function changedBy(frame: FilmFrame, work: ReturnType<typeof redder>): Promise<FilmFrame> {
  async function* one(): AsyncGenerator<FilmFrame, void, unknown> {
    yield { ...frame, data: frame.data.slice() };
  }
  for await (const changed of changedFrames(one(), work)) return changed;
  throw new Error('no frame came out');
}

for (const [name, form] of forms) {
  test(`${name}: a part has the pixels of the whole frame, and is smaller`, async () => {
    const frame = frameOf(form);
    const whole = new FrameOnGpu(frame, gpu);
    for (const box of boxes) {
      const view = new FrameOnGpu(frame, gpu);
      const part = view.picture(box);
      assert.ok(part.window.width * part.window.height < (whole.width * whole.height) / 3, 'a small part');
      assert.equal(await pixelsOf(part, box), await pixelsOf(whole.picture(), box));
      assert.is(view.picture({ ...box, width: 8, height: 8 }), part, 'a part that holds the box is not made again');
      view.dispose();
    }
    whole.dispose();
  });

  test(`${name}: what is changed in a part is what is changed in the whole frame`, async () => {
    const frame = frameOf(form, 2);
    for (const box of boxes) {
      const [part, whole] = [await changedBy(frame, redder(box, true)), await changedBy(frame, redder(box, false))];
      assert.not.equal(part.data, frame.data);
      assert.equal(part.form, form);
      assert.equal(part.data, whole.data);
    }
  });
}

test('frames that are not 8 bits, 4:2:0 and even, and large boxes, are held as a whole', () => {
  const box = boxes[0] as (typeof boxes)[number];
  for (const form of [
    formOf({ format: 'NV12', ...packedLayout('NV12', WIDTH, HEIGHT) }),
    formOf({ width: 321, ...packedLayout('I420', 321, HEIGHT) }),
  ])
    assert.equal(partOf(form, box), wholePart(form));
  assert.equal(partOf(formOf(), { x: 10, y: 10, width: 250, height: 230 }), wholePart(formOf()));
});

test('parts of one face that moves have few sizes', () => {
  const form = formOf({ width: 1920, height: 1080, ...packedLayout('I420', 1920, 1080) });
  const sizes = Array.from({ length: 300 }, (_, k) => {
    const { form: part } = partOf(form, { x: 3 * k, y: k, width: 300 + (k % 40), height: 330 + (k % 50) });
    return `${part.width} x ${part.height}`;
  });
  assert.ok(new Set(sizes).size <= 4, [...new Set(sizes)].join(', '));
});

test('a view of a picture that is on the GPU gives that picture for every box', () => {
  const held = uploadPicture(picture(4, 3));
  assert.is(viewOf(held).picture({ x: 1, y: 1, width: 1, height: 1 }), held);
});

test('a changed picture of a window that the frame did not give is refused', async () => {
  const frame = frameOf(formOf());
  const work = {
    look: async () => true,
    change: () => ({ ...uploadPicture(picture(9, 9)), window: { x: 3, y: 3, width: 9, height: 9 } }),
  };
  async function* one(): AsyncGenerator<FilmFrame, void, unknown> {
    yield frame;
  }
  const error = await errorOf(async () => {
    for await (const _ of changedFrames(one(), work));
  });
  assert.match(error?.message ?? '', /changedFrames.*9 x 9 at \(3, 3\).*frame\.picture/s);
});

test.run();
