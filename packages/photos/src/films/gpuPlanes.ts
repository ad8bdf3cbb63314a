/** @file Frames of films as pictures on the GPU, and back. */
import { ArgumentError, type Constant, currentGpu, f32, type Gpu } from '@visage/gpu';
import { photosFromPlanes, photosPlanes, photosToPlanes } from '@visage/kernels';
import { type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import {
  lumaWeights,
  type PlaneForm,
  type PlaneLayout,
  packedLayout,
  ranges,
  samplingOf,
  shownSize,
} from './planes.ts';

/** What the kernels compile in. */
function constantsOf(form: PlaneForm): Record<string, Constant> {
  const { subX, subY, bits, interleaved } = samplingOf(form.format);
  const [luma, cb, cr] = form.layout as [PlaneLayout, PlaneLayout, PlaneLayout | undefined];
  const bytes = bits === 8 ? 1 : 2;
  const { red, blue } = lumaWeights(form.colours);
  const range = ranges(form);
  return {
    WIDTH: form.width,
    HEIGHT: form.height,
    BYTES: bytes,
    BITS: bits,
    SUB_X: subX,
    SUB_Y: subY,
    Y_AT: luma.offset,
    Y_STRIDE: luma.stride,
    U_AT: cb.offset,
    U_STRIDE: cb.stride,
    V_AT: interleaved ? cb.offset + bytes : (cr?.offset ?? 0),
    V_STRIDE: interleaved ? cb.stride : (cr?.stride ?? 0),
    C_STEP: interleaved ? 2 : 1,
    TURNS: form.rotation / 90,
    FLIP: form.flip,
    BLACK: f32(range.black),
    LUMA_RANGE: f32(range.luma),
    CHROMA_RANGE: f32(range.chroma),
    KR: f32(red),
    KB: f32(blue),
  };
}

/** The form of the frames that {@link pictureToPlanes} makes of frames of a form: I420 of even sides. */
export function writtenForm(form: PlaneForm): PlaneForm {
  const [width, height] = [2 * Math.ceil(form.width / 2), 2 * Math.ceil(form.height / 2)];
  return { ...form, ...packedLayout('I420', width, height, 8), format: 'I420', width, height };
}

/** Throws unless planes are a frame of a form. */
function checkPlanes(op: string, planes: Tensor, form: PlaneForm): void {
  checkDType(op, 'planes', planes, 'u32');
  checkShape(op, 'planes', planes.shape, [Math.ceil(form.bytes / 4)], 'uploadPlanes makes them');
}

/**
 * Copies the planes of a frame to the GPU: u32 [bytes / 4].
 *
 * @throws ArgumentError unless there are as many bytes as the form has.
 */
export function uploadPlanes(data: Uint8Array, form: PlaneForm, gpu: Gpu = currentGpu()): Tensor {
  if (data.length !== form.bytes)
    throw new ArgumentError('uploadPlanes', 'data', `${data.length} bytes`, `${form.bytes}, as the form has`);
  const words = Math.ceil(data.length / 4);
  const whole = data.byteOffset % 4 === 0 && data.byteOffset + 4 * words <= data.buffer.byteLength;
  let bytes = data;
  if (!whole) {
    bytes = new Uint8Array(4 * words);
    bytes.set(data);
  }
  return tensor(new Uint32Array(bytes.buffer, bytes.byteOffset, words), [words], { gpu });
}

/** What pictures of a form need besides their pixels: one tensor for all frames of a film. */
export function frameOf(form: PlaneForm, gpu: Gpu = currentGpu()): Tensor {
  const { width, height } = shownSize(form);
  return tensor(Int32Array.of(0, 0, width, height), [4], { gpu });
}

/**
 * The picture that a frame shows, turned as players turn it. See kernels/photos/fromPlanes.wgsl.
 *
 * @param planes of {@link uploadPlanes}.
 * @param frame of {@link frameOf}; it becomes part of the picture.
 */
export function pictureOfPlanes(planes: Tensor, form: PlaneForm, frame: Tensor): GpuPicture {
  checkPlanes('pictureOfPlanes', planes, form);
  checkShape('pictureOfPlanes', 'frame', frame.shape, [4], 'frameOf makes it');
  const { width, height } = shownSize(form);
  const pixels = empty(planes.gpu, [height, width], 'u32');
  planes.gpu.dispatch({
    program: { name: 'photos/fromPlanes', parts: [photosFromPlanes, photosPlanes], constants: constantsOf(form) },
    buffers: [pixels.buffer, planes.buffer],
    grid: [Math.ceil(width / 16), Math.ceil(height / 16), 1],
    replaces: true,
  });
  return { width, height, window: { x: 0, y: 0, width, height }, pixels, frame };
}

/**
 * Planes of the form {@link writtenForm} for a frame whose picture was changed: u32 [bytes / 4]. Samples of pixels that
 * did not change keep their bits if the frame has 8 bits and 4:2:0. See kernels/photos/toPlanes.wgsl.
 *
 * @param planes the frame.
 * @param before the picture that {@link pictureOfPlanes} made of it.
 * @param after the changed picture, of the same size.
 */
export function pictureToPlanes(planes: Tensor, form: PlaneForm, before: GpuPicture, after: GpuPicture): Tensor {
  checkPlanes('pictureToPlanes', planes, form);
  const { width, height } = shownSize(form);
  for (const [name, { pixels }] of Object.entries({ before, after })) {
    checkDType('pictureToPlanes', `${name}.pixels`, pixels, 'u32');
    checkShape('pictureToPlanes', `${name}.pixels`, pixels.shape, [height, width], 'The whole picture of the frame');
  }
  const written = writtenForm(form);
  const stride = (written.layout[0] as PlaneLayout).stride;
  const out = empty(planes.gpu, [written.bytes / 4], 'u32');
  planes.gpu.dispatch({
    program: {
      name: 'photos/toPlanes',
      parts: [photosToPlanes, photosPlanes],
      constants: { ...constantsOf(form), STRIDE: stride },
    },
    buffers: [out.buffer, planes.buffer, before.pixels.buffer, after.pixels.buffer],
    grid: [Math.ceil(stride / 64), Math.ceil(form.height / 16), 1],
    replaces: true,
  });
  return out;
}

/** Copies planes to the host. */
export async function downloadPlanes(planes: Tensor): Promise<Uint8Array> {
  const words = (await planes.data()) as Uint32Array;
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
