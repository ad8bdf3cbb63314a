/** @file Work on frames whose effect is easy to see. */
import { downloadPicture, type FrameView, picture, uploadPicture } from '@visage/photos';
import type { ResumableWork } from '@visage/photos/node';

/** Lightens a square in the upper left corner, by an amount that depends on all frames before. */
export function brighter(onLook: () => void = () => {}): ResumableWork<Uint8Array> {
  let count = 0;
  return {
    async look(frame: FrameView) {
      onLook();
      count++;
      const { data } = await downloadPicture(frame.picture());
      for (let y = 0; y < 32; y++)
        for (let at = 4 * y * frame.width; at < 4 * (y * frame.width + 32); at++)
          data[at] = Math.min(255, (data[at] as number) + 30 + (count % 8));
      return data;
    },
    change: ({ width, height }, data) => uploadPicture(picture(width, height, data)),
    state: () => ({ count }),
    restore(state) {
      count = (state as { count: number }).count;
    },
  };
}
