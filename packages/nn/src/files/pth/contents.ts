/**
 * @file The bytes behind the storages of a PyTorch file: opened when a tensor is decoded, and never more of them than a
 * file of its size explains.
 */
import { FileError } from '../header.ts';

// Weights are noise and hardly shrink: sparse ones, of which 19 in 20 are zero, by 12. Without a limit 2 MB of deflated
// zeros become 2 GB.
const MOST_INFLATED = 32;
const ALWAYS_INFLATED = 2 ** 26; // bytes that any file may unpack to
// Tensors may share a storage, as the weights of a network and of its average do at first; more than two do not in a
// network.
const MOST_SHARED = 2;
const ALWAYS_SHARED = 2 ** 22; // bytes that small storages may be repeated to, over the whole file

/** The memory that the tensors of one file may take, counted down as they are decoded. */
export class DecodeBudget {
  #inflatable: number;
  #shared = ALWAYS_SHARED;

  /** @param fileBytes length of the file. */
  constructor(
    fileBytes: number,
    readonly source: string,
  ) {
    this.#inflatable = Math.max(ALWAYS_INFLATED, MOST_INFLATED * fileBytes);
  }

  /** Counts bytes that are about to be unpacked. */
  inflate(bytes: number): void {
    this.#inflatable -= bytes;
    if (this.#inflatable < 0)
      throw new FileError(
        this.source,
        `unpacks to more than ${MOST_INFLATED} times its size, as no weights of a network do; save it again with torch.save`,
      );
  }

  /** Counts a storage whose tensors are about to be decoded. */
  open(bytes: number): void {
    this.#shared += MOST_SHARED * bytes;
  }

  /** Counts a tensor of opened storages. */
  decode(bytes: number): void {
    this.#shared -= bytes;
    if (this.#shared < 0)
      throw new FileError(
        this.source,
        `holds tensors that are more than ${MOST_SHARED} times as large as the storages that they share; save clones of them`,
      );
  }
}

/** The bytes of one storage. */
export class Contents {
  #bytes: Uint8Array | undefined;

  /** @param open finds or unpacks them; called once. */
  constructor(
    readonly budget: DecodeBudget,
    readonly open: () => Uint8Array,
  ) {}

  bytes(): Uint8Array {
    if (!this.#bytes) {
      this.#bytes = this.open();
      this.budget.open(this.#bytes.length);
    }
    return this.#bytes;
  }
}
