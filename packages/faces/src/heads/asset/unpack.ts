/** @file Unpacks sections of the head asset: inflates them through the platform's stream, and undoes their coding. */
import { FileError } from '@visage/gpu';
import { type Container, type NumbersSection, type PlanesSection, unpackedSize } from './sections.ts';

/** The bytes of a zlib stream, which must be exactly `size`; reading stops as soon as there are more. */
async function inflate(file: string, name: string, stream: Uint8Array, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  const packed = new Blob([new Uint8Array(stream)]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('deflate')).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new FileError(file, `is a damaged head asset: section ${name} cannot be inflated`);
    });
    if (done) break;
    if (at + value.length > size) {
      await reader.cancel();
      throw new FileError(file, `is a damaged head asset: section ${name} holds more than the ${size} bytes it claims`);
    }
    out.set(value, at);
    at += value.length;
  }
  if (at < size) {
    throw new FileError(file, `is a damaged head asset: section ${name} holds ${at} of the ${size} bytes it claims`);
  }
  return out;
}

/** The section of this name and kind. */
function find<K extends 'numbers' | 'planes'>(container: Container, name: string, kind: K) {
  const found = container.sections.get(name);
  if (found?.section.kind !== kind) {
    throw new FileError(container.file, `is a damaged head asset: it has no section ${name} of ${kind}`);
  }
  const section = found.section as Extract<NumbersSection | PlanesSection, { kind: K }>;
  return { section, stream: found.stream };
}

/** Whether the container has a section of this name. */
export const hasSection = (container: Container, name: string): boolean => container.sections.has(name);

/**
 * The whole numbers of a section [rows, columns].
 *
 * @param columns how many columns it must have.
 * @param least,most between which every number must lie.
 * @throws FileError if the section is missing, damaged or of another shape.
 */
export async function unpackNumbers(
  container: Container,
  name: string,
  columns: number,
  [least, most]: readonly [least: number, most: number],
): Promise<Float64Array> {
  const { section, stream } = find(container, name, 'numbers');
  if (section.columns !== columns) {
    const what = `section ${name} has ${section.columns} columns, expected ${columns}`;
    throw new FileError(container.file, `is a damaged head asset: ${what}`);
  }
  const planes = await inflate(container.file, name, stream, unpackedSize(section));
  const { rows, width, difference } = section;
  const out = new Float64Array(rows * columns);
  for (let c = 0; c < columns; c++) {
    let before = 0;
    for (let r = 0; r < rows; r++) {
      let folded = 0;
      for (let b = 0; b < width; b++) folded += (planes[(c * width + b) * rows + r] ?? 0) * 256 ** b;
      const change = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      const value = difference ? before + change : change;
      if (!(value >= least && value <= most)) {
        const what = `section ${name} holds ${value} in row ${r}, expected ${least} to ${most}`;
        throw new FileError(container.file, `is a damaged head asset: ${what}`);
      }
      out[r * columns + c] = value;
      before = value;
    }
  }
  return out;
}

/**
 * The bytes of a section [layers, height, width].
 *
 * @param shape the shape that it must have.
 * @throws FileError if the section is missing, damaged or of another shape.
 */
export async function unpackPlanes(
  container: Container,
  name: string,
  shape: readonly [layers: number, height: number, width: number],
): Promise<Uint8Array> {
  const { section, stream } = find(container, name, 'planes');
  const { layers, height, width } = section;
  if (layers !== shape[0] || height !== shape[1] || width !== shape[2]) {
    const what = `section ${name} is [${layers}, ${height}, ${width}], expected [${shape.join(', ')}]`;
    throw new FileError(container.file, `is a damaged head asset: ${what}`);
  }
  const bytes = await inflate(container.file, name, stream, unpackedSize(section));
  for (let row = 0; row < layers * height; row++) addPrediction(bytes, row * width, width, row % height === 0);
  return bytes;
}

/** Turns a row of differences into bytes: each is added to the median of its neighbours and their plane. */
function addPrediction(bytes: Uint8Array, start: number, width: number, isFirst: boolean): void {
  const at = (i: number) => bytes[i] ?? 0;
  for (let x = 0; x < width; x++) {
    const i = start + x;
    let guess: number;
    if (isFirst) guess = x > 0 ? at(i - 1) : 0;
    else if (x === 0) guess = at(i - width);
    else {
      const west = at(i - 1);
      const north = at(i - width);
      const corner = at(i - width - 1);
      const low = Math.min(west, north);
      const high = Math.max(west, north);
      guess = corner >= high ? low : corner <= low ? high : west + north - corner;
    }
    bytes[i] = at(i) + guess;
  }
}
