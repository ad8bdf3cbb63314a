/**
 * @file How the frames of films lie in memory: planes of luma and colour differences, as WebCodecs' `VideoFrame` copies
 * them.
 */
import { ArgumentError } from '@visage/gpu';

/** How the samples of a format lie. */
interface Sampling {
  /** Luma samples along one chroma sample. */
  readonly subX: 1 | 2;
  readonly subY: 1 | 2;
  readonly bits: 8 | 10 | 12;
  /** Whether Cb and Cr take turns in one plane. */
  readonly interleaved: boolean;
}

const sampling = (subX: 1 | 2, subY: 1 | 2, bits: 8 | 10 | 12 = 8, interleaved = false): Sampling => ({
  subX,
  subY,
  bits,
  interleaved,
});

/** The formats of frames that can be converted. Those with alpha lose it: the containers keep none for H.264. */
const FORMATS = {
  I420: sampling(2, 2),
  I420P10: sampling(2, 2, 10),
  I420P12: sampling(2, 2, 12),
  I420A: sampling(2, 2),
  I422: sampling(2, 1),
  I422P10: sampling(2, 1, 10),
  I422P12: sampling(2, 1, 12),
  I444: sampling(1, 1),
  I444P10: sampling(1, 1, 10),
  I444P12: sampling(1, 1, 12),
  NV12: sampling(2, 2, 8, true),
} as const satisfies Record<string, Sampling>;

/** The name of a format of planes, as WebCodecs and mediabunny have it. */
export type PlaneFormat = keyof typeof FORMATS;

export const planeFormats = Object.keys(FORMATS) as readonly PlaneFormat[];

/** Is a name that of a {@link PlaneFormat}? */
export const isPlaneFormat = (name: string | null): name is PlaneFormat =>
  name !== null && Object.hasOwn(FORMATS, name);

export const samplingOf = (format: PlaneFormat): Sampling => FORMATS[format];

/** Where a plane begins and how far apart its rows are, in bytes. */
export interface PlaneLayout {
  readonly offset: number;
  readonly stride: number;
}

/** What the samples mean. */
export interface PlaneColours {
  readonly matrix: 'bt601' | 'bt709' | 'bt2020';
  /** Whether luma runs from 0 to 255, not from 16 to 235. */
  readonly fullRange: boolean;
}

/** Weights of red and blue in luma: ITU-R BT.601-7 §2.5.1, BT.709-6 §3.2, BT.2020-2 table 4. */
const WEIGHTS = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
  bt2020: { red: 0.2627, blue: 0.0593 },
} as const;

/** WebCodecs' names of matrices. */
const MATRICES: Readonly<Record<string, PlaneColours['matrix']>> = {
  bt709: 'bt709',
  bt470bg: 'bt601',
  smpte170m: 'bt601',
  'bt2020-ncl': 'bt2020',
};

/** The tags of colours that a film has; they may be left out. */
export interface ColourTags {
  readonly matrix?: string | null;
  readonly fullRange?: boolean | null;
  readonly primaries?: string | null;
  readonly transfer?: string | null;
}

/**
 * The meaning of samples by the tags of a film. Without a tag films below 720 lines are BT.601 and others BT.709, of
 * limited range, as players assume.
 *
 * @throws ArgumentError for a matrix that is none of YCbCr (`rgb`), or is not known.
 */
export function coloursOf(tags: ColourTags, height: number): PlaneColours {
  const fullRange = tags.fullRange ?? false;
  if (tags.matrix === null || tags.matrix === undefined) return { matrix: height < 720 ? 'bt601' : 'bt709', fullRange };
  const matrix = MATRICES[tags.matrix];
  if (!matrix)
    throw new ArgumentError('coloursOf', 'tags.matrix', `'${tags.matrix}'`, Object.keys(MATRICES).join(', '));
  return { matrix, fullRange };
}

/** All that the bytes of a film's frames have in common. */
export interface PlaneForm {
  readonly format: PlaneFormat;
  /** The sides as stored, in luma samples. */
  readonly width: number;
  readonly height: number;
  readonly layout: readonly PlaneLayout[];
  /** Bytes of a frame. */
  readonly bytes: number;
  readonly colours: PlaneColours;
  /** Degrees clockwise by which players turn the stored picture. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Whether they then mirror it left to right. */
  readonly flip: boolean;
}

/**
 * The form of frames whose planes follow each other without gaps, as YUV4MPEG and most decoders have them.
 *
 * @param rowMultiple rows of luma have a multiple of so many bytes, rows of chroma half as many.
 */
export function packedLayout(
  format: PlaneFormat,
  width: number,
  height: number,
  rowMultiple = 1,
): { readonly layout: readonly PlaneLayout[]; readonly bytes: number } {
  const { subX, subY, bits, interleaved } = samplingOf(format);
  const sample = bits === 8 ? 1 : 2;
  const [columns, rows] = [Math.ceil(width / subX), Math.ceil(height / subY)];
  const padded = Math.ceil((width * sample) / rowMultiple) * rowMultiple;
  const chroma = rowMultiple === 1 ? columns * sample : padded / subX;
  const planes: [stride: number, rows: number][] = [[padded, height]];
  if (interleaved) planes.push([2 * chroma, rows]);
  else planes.push([chroma, rows], [chroma, rows]);
  let bytes = 0;
  const layout = planes.map(([stride, lines]) => {
    const offset = bytes;
    bytes += stride * lines;
    return { offset, stride };
  });
  return { layout, bytes };
}

/** The sides of the picture that players show. */
export const shownSize = ({ width, height, rotation }: Pick<PlaneForm, 'width' | 'height' | 'rotation'>) =>
  rotation % 180 === 0 ? { width, height } : { width: height, height: width };

/** Whether two frames have the same form, so that they can be frames of one film. */
export const sameForm = (a: PlaneForm, b: PlaneForm): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Weights of red and blue in luma. */
export const lumaWeights = ({ matrix }: PlaneColours) => WEIGHTS[matrix];

/** What 0 and the range of samples are, in steps of 8 bits. */
export function ranges({ format, colours }: Pick<PlaneForm, 'format' | 'colours'>) {
  if (!colours.fullRange) return { black: 16, luma: 219, chroma: 224 };
  const { bits } = samplingOf(format);
  const full = (2 ** bits - 1) / 2 ** (bits - 8);
  return { black: 0, luma: full, chroma: full };
}
