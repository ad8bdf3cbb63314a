/** @file What the process that drives the GPU and the processes of the codecs tell each other. */
import { FileError, VisageError } from '@visage/gpu';
import type { FilmFrame } from '../../films/film.ts';
import type { ChangedFrame } from '../../films/frames.ts';
import type { VideoEncoding } from '../../films/media.ts';
import type { Segment } from '../../films/writing.ts';
import type { ProcessTime } from './codecProcess.ts';

/** The number of the file of frames in the processes of the codecs. */
export const FRAMES = 4;

/** What a process of codecs tells: an answer, or that it has given up its film, and what it took so far. */
export interface Told<Answer> {
  readonly answer: Answer | 'closed';
  readonly time: ProcessTime;
}

/** An error on its way from one process to another, which keeps no classes. */
export interface Problem {
  readonly kind: 'problem';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of errors of the system. */
  readonly code: string | undefined;
  readonly path: string | undefined;
  /** Whether it was thrown on purpose, for users to read. */
  readonly isOurs: boolean;
}

type SystemError = Error & { readonly code?: string; readonly path?: string };

/** Asked of the process that reads: one film, and then its frames one by one. */
export type ReadOrder =
  | { readonly kind: 'read'; readonly path: string; readonly after: number | undefined }
  /** One more frame, into a slot that is free. */
  | { readonly kind: 'next'; readonly slot: number }
  | { readonly kind: 'close' };

/** A frame whose bytes lie in a slot. */
interface InSlot<Frame extends { readonly data: Uint8Array }> {
  readonly kind: 'frame';
  readonly slot: number;
  readonly frame: Omit<Frame, 'data'>;
}

export type ReadAnswer = InSlot<FilmFrame> | { readonly kind: 'end' } | Problem;

/** Asked of the process that writes: one segment after the other, each with its frames. */
export type WriteOrder =
  | { readonly kind: 'segment'; readonly path: string; readonly encoding: VideoEncoding }
  | InSlot<ChangedFrame>
  /** The segment has no more frames; it is written, or given up. */
  | { readonly kind: 'end'; readonly isWanted: boolean }
  | { readonly kind: 'close' };

export type WriteAnswer =
  /** A frame was encoded, and its slot is free. */
  { readonly kind: 'taken' } | { readonly kind: 'written'; readonly segment: Segment | undefined } | Problem;

/** An error as a message. */
export function problemOf(cause: unknown): Problem {
  const { name, message, stack, code, path } = (
    cause instanceof Error ? cause : new Error(String(cause))
  ) as SystemError;
  return { kind: 'problem', name, message, stack, code, path, isOurs: cause instanceof VisageError };
}

/**
 * The error of a message.
 *
 * @param source the file that the process worked on, with whose name the messages of a FileError begin.
 */
export function errorOf({ name, message, stack, code, path, isOurs }: Problem, source: string): Error {
  const begin = `${source}: `;
  if (name === 'FileError' && message.startsWith(begin)) return new FileError(source, message.slice(begin.length));
  if (isOurs) return new VisageError(message);
  return Object.assign(new Error(message), { name, stack, code, path });
}
