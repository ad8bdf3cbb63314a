/** @file Random changes of pictures on the GPU: mirrored, recoloured, blurred, and as JPEG would leave them. */
import { noGrad, type Tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import { checkPictureChanges, occurs, type PictureChanges } from '../core/pictureChanges.ts';
import { blurred, compressed, recoloured, warped } from './changeKernels.ts';
import { PICTURE_CHANGE_ROW, places } from './changeRows.ts';

/**
 * Changes the pictures of a batch at random: mirrored and recoloured, then blurred, then compressed as by JPEG with
 * 4:2:0 chroma. A change that cannot occur is not computed. Results have no gradient.
 *
 * @param pictures [N, H, W, 3] f32 in [0, 1].
 * @param rows [N, {@link PICTURE_CHANGE_ROW}] of `pictureChangeRows` with the same changes.
 * @returns [N, H, W, 3] in [0, 1].
 * @throws ArgumentError for shapes that do not fit, or changes out of range.
 */
export function changePictures(pictures: Tensor, changes: PictureChanges, rows: Tensor): Tensor {
  checkPictureChanges('changePictures', changes);
  checkDType('changePictures', 'pictures', pictures, 'f32');
  checkShape('changePictures', 'pictures', pictures.shape, [null, null, null, 3], 'Pictures are NHWC');
  checkDType('changePictures', 'rows', rows, 'f32');
  checkShape('changePictures', 'rows', rows.shape, [pictures.dim(0), PICTURE_CHANGE_ROW], 'One row per picture');
  const { flip, color, blur, jpeg } = changes;
  return noGrad(() => {
    let x = pictures.detach();
    if (flip > 0) x = warped(x, rows, places.warp);
    if (occurs(color)) x = recoloured(x, rows, places.color);
    if (occurs(blur)) x = blurred(x, rows, places.blur, blur.strength);
    return occurs(jpeg) ? compressed(x, rows, places.jpeg) : x;
  });
}
