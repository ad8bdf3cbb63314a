/**
 * Writes a file of the head asset: the eight bytes `visheads`, the length of a JSON header as u32 (little endian), the
 * header, and one zlib stream per section, in the header's order and without gaps. The reader is
 * `packages/faces/src/heads/asset`; its header describes the two codings.
 */
import { pathToFileURL } from 'node:url';
import { packageFolder } from './packages.mjs';

const { zlibSync } = await import(pathToFileURL(`${packageFolder('three')}/examples/jsm/libs/fflate.module.js`).href);

const deflate = (bytes) => zlibSync(bytes, { level: 9, mem: 12 });

/** Means over blocks of 2 × 2; blocks at the border may be smaller. */
function halve(plane, layers, height, width) {
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  return Uint8Array.from({ length: layers * rows * columns }, (_, i) => {
    const [layer, y, x] = [Math.floor(i / rows / columns), Math.floor(i / columns) % rows, i % columns];
    const near = [0, 1, 2, 3]
      .map((k) => [2 * y + (k >> 1), 2 * x + (k & 1)])
      .filter(([v, u]) => v < height && u < width)
      .map(([v, u]) => plane[(layer * height + v) * width + u]);
    return Math.round(near.reduce((a, b) => a + b, 0) / near.length);
  });
}

/** Sections of a file under construction. */
export class AssetWriter {
  #sections = [];
  #streams = [];

  #add(section, bytes) {
    const stream = deflate(bytes);
    this.#sections.push({ ...section, packed: stream.length });
    this.#streams.push(stream);
  }

  /**
   * Whole numbers [rows, columns], stored as the difference to the row before (`difference`), folded to unsigned
   * (0, −1, 1, −2, …), and split into planes of one byte, column by column, low bytes first.
   */
  addNumbers(name, values, columns, difference = true) {
    const rows = values.length / columns;
    const folded = Uint32Array.from(values, (value, i) => {
      const change = value - (difference && i >= columns ? values[i - columns] : 0);
      if (!Number.isInteger(change) || Math.abs(change) >= 2 ** 31) throw new Error(`${name}: ${value} is no integer`);
      return change < 0 ? -2 * change - 1 : 2 * change;
    });
    const most = folded.reduce((a, b) => Math.max(a, b), 0);
    const width = most < 256 ? 1 : most < 65536 ? 2 : most < 2 ** 24 ? 3 : 4;
    const planes = new Uint8Array(rows * columns * width);
    for (let c = 0; c < columns; c++) {
      for (let b = 0; b < width; b++) {
        for (let r = 0; r < rows; r++) {
          planes[(c * width + b) * rows + r] = folded[r * columns + c] >>> (8 * b);
        }
      }
    }
    this.#add({ name, kind: 'numbers', rows, columns, width, difference }, planes);
  }

  /** Bytes [layers, height, width], stored as what the median predictor leaves. */
  addPlanes(name, bytes, layers, height, width) {
    if (bytes.length !== layers * height * width)
      throw new Error(`${name}: ${bytes.length} bytes do not fit its shape`);
    const left = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      const x = at % width;
      const y = Math.floor(at / width) % height;
      const west = x > 0 ? bytes[at - 1] : y > 0 ? bytes[at - width] : 0;
      const north = y > 0 ? bytes[at - width] : west;
      const corner = x > 0 && y > 0 ? bytes[at - width - 1] : north;
      const [low, high] = west < north ? [west, north] : [north, west];
      const guess = corner >= high ? low : corner <= low ? high : west + north - corner;
      left[at] = bytes[at] - guess;
    }
    this.#add({ name, kind: 'planes', layers, height, width }, left);
  }

  /**
   * Layers of texture [layers, height, width, channels] as planes. Of one or two channels each is a plane, whose values
   * are stored in units of `steps[channel]`. Of three channels the planes are the brightness (R + 2 G + B) / 4 and, at
   * half the size, the differences of blue and red to it, halved, about 128.
   */
  addLayers(name, { names, height, width, channels, bytes }, steps = [1, 1, 1]) {
    const count = names.length * height * width;
    const plane = (of) => Uint8Array.from({ length: count }, (_, i) => Math.min(255, Math.max(0, Math.round(of(i)))));
    const at = (i, c) => bytes[i * channels + c];
    if (channels < 3) {
      for (let c = 0; c < channels; c++) {
        this.addPlanes(
          `${name}.${c}`,
          plane((i) => at(i, c) / steps[c]),
          names.length,
          height,
          width,
        );
      }
    } else {
      const bright = plane((i) => (at(i, 0) + 2 * at(i, 1) + at(i, 2)) / 4);
      this.addPlanes(`${name}.0`, bright, names.length, height, width);
      for (const [k, c] of [2, 0].entries()) {
        const colour = plane((i) => (at(i, c) - bright[i]) / 2 + 128);
        const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
        this.addPlanes(`${name}.${k + 1}`, halve(colour, names.length, height, width), names.length, rows, columns);
      }
    }
    return { names, height, width, channels, steps: steps.slice(0, channels) };
  }

  /** The file; `facts` stand in its header beside the sections. */
  bytes(facts) {
    const header = new TextEncoder().encode(JSON.stringify({ version: 1, ...facts, sections: this.#sections }));
    const length = new Uint8Array(new Uint32Array([header.length]).buffer);
    return Buffer.concat([Buffer.from('visheads'), length, header, ...this.#streams]);
  }

  /** Bytes of every section, for a report. */
  sizes() {
    return this.#sections.map(({ name, packed }) => ({ name, packed }));
  }
}
