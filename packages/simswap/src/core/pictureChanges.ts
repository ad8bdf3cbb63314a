/** @file Random changes of pictures, as plain data that travels in checkpoints. */
import { checkFields, number } from './fields.ts';
import { isObject } from './json.ts';

/** A random change of a picture. */
export interface Change {
  /** The share of the pictures that are changed. */
  readonly probability: number;
  /** How far at most; each change says in what. */
  readonly strength: number;
}

/** Random changes that pictures of anything can have, in the order in which they are applied. */
export interface PictureChanges {
  /** The share of pictures that are mirrored. */
  readonly flip: number;
  /** Brightness, contrast and saturation. Strength: the largest relative change. */
  readonly color: Change;
  /** A Gaussian blur. Strength: the largest standard deviation in pixels. */
  readonly blur: Change;
  /** A JPEG file. Strength: how far below 100 its quality may fall. */
  readonly jpeg: Change;
}

/** A change that occurs as soon as it is given a strength. */
export const idle: Change = { probability: 1, strength: 0 };

/** Changes that leave every picture alone. */
export const noPictureChanges: PictureChanges = { flip: 0, color: idle, blur: idle, jpeg: idle };

/** Whether a change can occur; at the strength `none` it leaves a picture as it is. */
export const occurs = ({ probability, strength }: Change, none = idle.strength): boolean =>
  probability > 0 && strength > none;

/** Whether any change can occur. */
export const changesPictures = ({ flip, color, blur, jpeg }: PictureChanges): boolean =>
  flip > 0 || [color, blur, jpeg].some((change) => occurs(change));

/** A share of the pictures. */
export const shareField = number(0, 1);

/** The fields of a {@link Change} whose strength lies in a range. */
export const changeFields = (low: number, high: number) => ({ probability: shareField, strength: number(low, high) });

/** The fields of {@link PictureChanges}, with the values that each may have. */
export const pictureChangeFields = {
  flip: shareField,
  color: changeFields(0, 1),
  blur: changeFields(0, 8),
  jpeg: changeFields(0, 99),
};

/**
 * Checks changes of pictures.
 *
 * @throws ArgumentError that names `op`, for a change that there is not, or a probability or strength out of range.
 */
export const checkPictureChanges = (op: string, changes: PictureChanges): void =>
  checkFields(op, changes, pictureChangeFields);

/**
 * The JSON of changes, out of a checkpoint that may be older than probabilities: there, a change is the number of its
 * strength and always occurs.
 */
export const withProbabilities = (json: unknown): unknown =>
  isObject(json)
    ? Object.fromEntries(
        Object.entries(json).map(([name, value]) => [
          name,
          name !== 'flip' && typeof value === 'number' ? { ...idle, strength: value } : value,
        ]),
      )
    : json;
