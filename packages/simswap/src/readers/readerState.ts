import { checkpointState, FileError, networkDescription, ofFile, type SafetensorsFile } from '@visage/nn';
import { JsonReader } from '../core/json.ts';

/** The architecture that the metadata of a reader's checkpoint names. */
export const readerArchitecture = 'reader-training';

/** What a checkpoint of a `ReaderTrainer` says beside its tensors. */
export interface ReaderState {
  /** Steps done. */
  readonly step: number;
  /** The network: its kind and sizes, as JSON of the program that trains. Not checked. */
  readonly config: unknown;
  /** JSON of the program that trains, such as its settings. Not checked. */
  readonly notes: unknown;
}

/**
 * Reads what a checkpoint of a reader says beside its tensors.
 *
 * @throws FileError when the file is none.
 */
export function readReaderState(file: SafetensorsFile): ReaderState {
  const description = networkDescription(file);
  if (description?.architecture !== readerArchitecture) {
    const got = description?.architecture ?? 'no architecture';
    throw new FileError(file.source, `is no checkpoint of a network that reads faces: it names '${got}'`);
  }
  const json = checkpointState(file);
  return ofFile(file, () => ({
    step: new JsonReader(json, 'state').integer('step', 0, Number.MAX_SAFE_INTEGER),
    config: description.config,
    notes: (json as Record<string, unknown>).notes,
  }));
}
