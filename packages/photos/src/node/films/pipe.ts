/** @file Films through pipes, for users of ffmpeg: YUV4MPEG in and out. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { VisageError } from '@visage/gpu';
import { frameLabel } from '../../films/frameLabel.ts';
import { changedFrames, type FrameWork } from '../../films/frames.ts';
import { readYuv4Mpeg, yuv4MpegFrame, yuv4MpegHeader } from '../../films/yuv4mpeg.ts';

/** Options of {@link changePipe}. */
export interface PipeOptions {
  /** Whether frames get the visible label. */
  readonly label?: boolean;
  readonly onFrame?: (done: number) => void;
}

/**
 * Changes the frames of a YUV4MPEG stream, which `ffmpeg -f yuv4mpegpipe` writes and reads. What comes out has 8 bits
 * and 4:2:0, whatever comes in.
 *
 * @returns the number of frames.
 * @throws FileError for what is no such stream, VisageError if the reader of the output goes away.
 */
export async function changePipe<Seen>(
  input: Readable,
  output: Writable,
  work: FrameWork<Seen>,
  { label = false, onFrame = () => {} }: PipeOptions = {},
): Promise<number> {
  const { header, frames } = await readYuv4Mpeg(input, 'stdin');
  const closed = new Promise<never>((_, reject) => {
    output.once('error', () => reject(new VisageError('the reader of the output went away')));
  });
  closed.catch(() => undefined);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!output.write(bytes)) await Promise.race([once(output, 'drain'), closed]);
  };
  await write(yuv4MpegHeader(header));
  let draw: ((data: Uint8Array) => void) | undefined;
  let done = 0;
  for await (const frame of changedFrames(frames, work)) {
    if (label) {
      draw ??= frameLabel(frame.form);
      draw(frame.data);
    }
    await write(yuv4MpegFrame(frame, header.form));
    onFrame(++done);
  }
  return done;
}
