/**
 * @file Reads the container of the head asset.
 *
 * A file is the eight bytes `visheads`, the length of a JSON header as u32 (little endian), the header, and one zlib
 * stream per section, in the header's order and without gaps. A section is of one of two kinds.
 *
 * - `numbers`: whole numbers [rows, columns], as differences to the row before if it says so, folded to unsigned
 *   (0, −1, 1, −2, …), and split into planes of one byte: column by column, low bytes first, `width` bytes a number.
 * - `planes`: bytes [layers, height, width], as what the median predictor of LOCO-I leaves of them.
 */
import { FileError } from '@visage/gpu';

/** Bounds, so that a hostile file cannot make the reader allocate more than the asset needs. */
export const assetLimits = { file: 8 << 20, header: 1 << 20, sections: 512, section: 32 << 20, unpacked: 96 << 20 };

/** Whole numbers of a file. */
export interface NumbersSection {
  readonly kind: 'numbers';
  readonly name: string;
  readonly packed: number;
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly difference: boolean;
}

/** Planes of bytes of a file. */
export interface PlanesSection {
  readonly kind: 'planes';
  readonly name: string;
  readonly packed: number;
  readonly layers: number;
  readonly height: number;
  readonly width: number;
}

export type Section = NumbersSection | PlanesSection;

/** A file whose header was checked, and whose sections are still packed. */
export interface Container {
  readonly file: string;
  /** What its header says beside the sections. */
  readonly facts: Record<string, unknown>;
  readonly sections: ReadonlyMap<string, { readonly section: Section; readonly stream: Uint8Array }>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/** Bytes of a section when it is unpacked. */
export const unpackedSize = (section: Section): number =>
  section.kind === 'numbers'
    ? section.rows * section.columns * section.width
    : section.layers * section.height * section.width;

/** A section of the header with every value checked. */
function readSection(file: string, value: unknown): Section {
  const wrong = (what: string) => new FileError(file, `is a damaged head asset: ${what}`);
  if (!isRecord(value) || typeof value.name !== 'string') throw wrong('a section has no name');
  const { name, kind } = value;
  const count = (key: string, most = assetLimits.section): number => {
    const number = value[key];
    if (!isCount(number, most)) throw wrong(`${key} of section ${name} is ${String(number)}, expected 0 to ${most}`);
    return number;
  };
  const packed = count('packed');
  let section: Section;
  if (kind === 'numbers') {
    if (typeof value.difference !== 'boolean') throw wrong(`section ${name} does not say whether it holds differences`);
    const sizes = { rows: count('rows'), columns: count('columns', 64), width: count('width', 4) };
    section = { kind, name, packed, ...sizes, difference: value.difference };
  } else if (kind === 'planes') {
    const sizes = { layers: count('layers', 4096), height: count('height', 4096), width: count('width', 4096) };
    section = { kind, name, packed, ...sizes };
  } else throw wrong(`section ${name} is of the unknown kind ${String(kind)}`);
  const size = unpackedSize(section);
  if (size > assetLimits.section) throw wrong(`section ${name} claims ${size} bytes, more than ${assetLimits.section}`);
  return section;
}

/** The header's text as a record. */
function parseHeader(file: string, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new FileError(file, 'is a damaged head asset: its header is no JSON');
  }
  if (!isRecord(header)) throw new FileError(file, 'is a damaged head asset: its header is no object');
  if (header.version !== 1) {
    throw new FileError(file, `is a head asset of version ${String(header.version)}; this program reads version 1`);
  }
  return header;
}

/**
 * The container of a file, with all sizes checked and nothing unpacked.
 *
 * @param file the file's name, for errors.
 * @throws FileError if the file is cut off, claims too much, or is no head asset.
 */
export function openContainer(file: string, bytes: Uint8Array): Container {
  const wrong = (what: string) => new FileError(file, `is a damaged head asset: ${what}`);
  if (bytes.length > assetLimits.file) {
    throw new FileError(file, `is ${bytes.length} bytes long, more than ${assetLimits.file}; it is no head asset`);
  }
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== 'visheads') throw new FileError(file, 'is no head asset');
  if (bytes.length < 12) throw wrong('it is cut off before its header');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (length > assetLimits.header) throw wrong(`its header claims ${length} bytes, more than ${assetLimits.header}`);
  if (12 + length > bytes.length) throw wrong('it is cut off in its header');
  const { sections: list, ...facts } = parseHeader(file, bytes.subarray(12, 12 + length));
  if (!Array.isArray(list) || list.length > assetLimits.sections) {
    throw wrong(`its header must list at most ${assetLimits.sections} sections`);
  }
  const sections = new Map<string, { section: Section; stream: Uint8Array }>();
  let at = 12 + length;
  let total = 0;
  for (const value of list) {
    const section = readSection(file, value);
    if (sections.has(section.name)) throw wrong(`it has two sections ${section.name}`);
    total += unpackedSize(section);
    if (total > assetLimits.unpacked) throw wrong(`its sections claim more than ${assetLimits.unpacked} bytes`);
    if (at + section.packed > bytes.length) throw wrong(`it is cut off in section ${section.name}`);
    sections.set(section.name, { section, stream: bytes.subarray(at, at + section.packed) });
    at += section.packed;
  }
  if (at !== bytes.length) throw wrong(`${bytes.length - at} bytes follow its last section`);
  return { file, facts, sections };
}
