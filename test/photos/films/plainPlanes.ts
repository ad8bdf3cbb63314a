/** @file What the kernels of planes compute, in plain loops and float64, without rounding the result. */
import type { PlaneForm } from '@visage/photos';

const K = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

/** Positions and meaning of samples, from the format's name. */
function readerOf(data: Uint8Array, { format, width, height, layout, colours }: PlaneForm) {
  const bits = Number(/P(\d+)$/.exec(format)?.[1] ?? 8);
  const [subX, subY] = format.includes('444') ? [1, 1] : format.includes('422') ? [2, 1] : [2, 2];
  const sample = (at: number): number =>
    bits === 8 ? (data[at] as number) : ((data[at] as number) + 256 * (data[at + 1] as number)) / 2 ** (bits - 8);
  const size = bits === 8 ? 1 : 2;
  const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
  const plane = (index: number, x: number, y: number): number => {
    const [columns, rows] = index === 0 ? [width, height] : [Math.ceil(width / subX), Math.ceil(height / subY)];
    const [i, j] = [clamp(x, columns), clamp(y, rows)];
    const isNv = format === 'NV12' && index > 0;
    const { offset, stride } = layout[isNv ? 1 : index] as { offset: number; stride: number };
    return sample(offset + j * stride + (isNv ? 2 * i + index - 1 : i) * size);
  };
  const full = (2 ** bits - 1) / 2 ** (bits - 8);
  const range = colours.fullRange ? { black: 0, luma: full, chroma: full } : { black: 16, luma: 219, chroma: 224 };
  return { plane, subX, subY, range };
}

/** Where a stored pixel is shown. */
function shownAt({ width, height, rotation, flip }: PlaneForm, x: number, y: number): [x: number, y: number] {
  const shown = { 0: [x, y], 90: [height - 1 - y, x], 180: [width - 1 - x, height - 1 - y], 270: [y, width - 1 - x] };
  const [u, v] = shown[rotation] as [number, number];
  const across = rotation % 180 === 0 ? width : height;
  return flip ? [across - 1 - u, v] : [u, v];
}

/** The picture that a frame shows, RGBA. */
export function plainPicture(data: Uint8Array, form: PlaneForm): Float64Array {
  const { plane, subX, subY, range } = readerOf(data, form);
  const [kr, kb] = K[form.colours.matrix];
  const out = new Float64Array(4 * form.width * form.height);
  const across = form.rotation % 180 === 0 ? form.width : form.height;
  for (let y = 0; y < form.height; y++) {
    for (let x = 0; x < form.width; x++) {
      const row = (index: number, j: number): number =>
        subX === 1
          ? plane(index, x, j)
          : (plane(index, Math.floor(x / 2), j) + plane(index, Math.floor((x + 1) / 2), j)) / 2;
      const chroma = (index: number): number => {
        if (subY === 1) return row(index, y);
        const j = Math.floor(y / 2);
        return 0.75 * row(index, j) + 0.25 * row(index, y % 2 === 1 ? j + 1 : j - 1);
      };
      const luma = (plane(0, x, y) - range.black) / range.luma;
      const [cb, cr] = [(chroma(1) - 128) / range.chroma, (chroma(2) - 128) / range.chroma];
      const [red, blue] = [luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb];
      const green = (luma - kr * red - kb * blue) / (1 - kr - kb);
      const [u, v] = shownAt(form, x, y);
      [red, green, blue].forEach((c, k) => {
        out[4 * (v * across + u) + k] = 255 * Math.max(0, Math.min(1, c));
      });
      out[4 * (v * across + u) + 3] = 255;
    }
  }
  return out;
}

/** The changed planes, I420 of even sides with rows of a multiple of 8 bytes. */
export function plainPlanes(data: Uint8Array, form: PlaneForm, before: Uint8Array, after: Uint8Array): Float64Array {
  const { plane, subX, subY, range } = readerOf(data, form);
  const [kr, kb] = K[form.colours.matrix];
  const across = form.rotation % 180 === 0 ? form.width : form.height;
  const change = (x: number, y: number): [luma: number, cb: number, cr: number] => {
    const [i, j] = [Math.max(0, Math.min(form.width - 1, x)), Math.max(0, Math.min(form.height - 1, y))];
    const [u, v] = shownAt(form, i, j);
    const at = 4 * (v * across + u);
    const [r, g, b] = [0, 1, 2].map((k) => ((after[at + k] as number) - (before[at + k] as number)) / 255) as [
      number,
      number,
      number,
    ];
    const luma = kr * r + (1 - kr - kb) * g + kb * b;
    const scale = range.chroma / 2;
    return [range.luma * luma, (scale * (b - luma)) / (1 - kb), (scale * (r - luma)) / (1 - kr)];
  };
  const stride = 8 * Math.ceil(form.width / 8);
  const rows = Math.ceil(form.height / 2);
  const out = new Float64Array(stride * rows * 3);
  const byte = (value: number): number => Math.max(0, Math.min(255, value));
  for (let y = 0; y < 2 * rows; y++)
    for (let x = 0; x < stride; x++) out[y * stride + x] = byte(plane(0, x, y) + change(x, y)[0]);
  for (const index of [1, 2]) {
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < stride / 2; i++) {
        const smooth = (value: (x: number) => number): number =>
          value(2 * i - 1) / 4 + value(2 * i) / 2 + value(2 * i + 1) / 4;
        const old = (row: number): number => (subX === 2 ? plane(index, i, row) : smooth((x) => plane(index, x, row)));
        const base = subY === 2 ? old(j) : (old(2 * j) + old(2 * j + 1)) / 2;
        const both = [0, 1].map((row) => smooth((x) => change(x, 2 * j + row)[index] as number));
        const at = 2 * stride * rows + (index - 1) * (stride / 2) * rows + (j * stride) / 2 + i;
        out[at] = byte(base + ((both[0] as number) + (both[1] as number)) / 2);
      }
    }
  }
  return out;
}
