/** @file Finds out whether ranks can share memory, by doing it once. */
import { randomBytes } from 'node:crypto';
import { VisageError } from '@visage/gpu';
import type { Transport } from '../exchange/transport.ts';
import type { Copy } from './copy.ts';
import type { Koffi } from './library.ts';
import { type Block, type BlockName, SharedMemory } from './sharedMemory.ts';

/** Bytes by which a rank knows that it has opened the block that was meant. */
const TOKEN = 16;

/** Why ranks do not share memory: the reason of the first one that is not to, or cannot. */
export class NotShared extends VisageError {
  override name = 'NotShared';
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * Memory that all ranks share. All of them must ask.
 *
 * @param isWanted whether this rank is to.
 * @throws NotShared on all ranks, if it is not so on all of them.
 */
export async function shareMemory(
  koffi: Koffi,
  copy: Copy,
  ranks: Pick<Transport, 'rank' | 'gather'>,
  isWanted: boolean,
): Promise<SharedMemory> {
  const together = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = await work().then(
      (value) => ({ value, problem: null }),
      (cause: Error) => ({ value: undefined, problem: cause.message }),
    );
    const problems = await ranks.gather(result.problem);
    const first = problems.findIndex((problem) => problem !== null);
    if (first >= 0) throw new NotShared(`rank ${first}: ${problems[first]}`);
    return result.value as T;
  };
  const token = randomBytes(TOKEN);
  let trial: { memory: SharedMemory; block: Block & BlockName } | undefined;
  try {
    const { memory, block } = await together(async () => {
      if (!isWanted) throw new VisageError('it is not to share memory');
      const made = new SharedMemory(koffi);
      trial = { memory: made, block: made.make(TOKEN) };
      await copy(trial.block.address, token, TOKEN);
      return trial;
    });
    const { pid, descriptor } = block;
    const told = await ranks.gather({ pid, descriptor, token: hex(token) });
    await together(async () => {
      for (const [rank, name] of told.entries()) {
        const seen = new Uint8Array(TOKEN);
        const opened = memory.open(name, TOKEN);
        await copy(seen, opened.address, TOKEN);
        memory.free(opened);
        if (hex(seen) !== name.token) throw new VisageError(`process ${name.pid} is not that of rank ${rank} here`);
      }
    });
    return memory;
  } finally {
    if (trial) trial.memory.hide(trial.block);
    if (trial) trial.memory.free(trial.block);
  }
}
