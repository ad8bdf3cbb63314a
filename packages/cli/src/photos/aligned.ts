/** @file The swap of faces that are aligned already: square pictures in, one square picture out. */
import { FileError } from '@visage/gpu';
import { cropOf, cropPictures, type NamedPicture, type Picture, picture } from '@visage/photos';
import type { Swapper } from '@visage/simswap';
import { scope, type Tensor } from '@visage/tensor';

/**
 * Puts the identity of an aligned face into another: a picture of the side that the networks were trained on.
 *
 * @throws FileError for a picture that is not square.
 */
export async function swapAligned(
  swapper: Swapper,
  source: NamedPicture,
  target: NamedPicture,
  size: number,
): Promise<Picture> {
  for (const { name, picture: face } of [source, target]) checkSquare(name, face);
  const resized = ({ picture: face }: NamedPicture): Tensor =>
    cropPictures(face, [cropOf(0, 0, face.width, size)], size);
  const swapped = scope(() => swapper.swapImages(resized(target), resized(source)));
  const pixels = await swapped.floats();
  swapped.dispose();
  const result = picture(size, size);
  for (const [k, value] of pixels.entries())
    result.data[4 * Math.floor(k / 3) + (k % 3)] = Math.round(255 * Math.min(1, Math.max(0, value)));
  return result;
}

/** @throws FileError for a picture that is not square. */
export function checkSquare(name: string, { width, height }: Picture): void {
  if (width !== height) throw new FileError(name, `is ${width} x ${height}; an aligned face is square`);
}
