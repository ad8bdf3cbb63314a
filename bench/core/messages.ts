/** @file The messages of an exchange between ordinary arrays: what a host can do, whatever its devices. */
import type { Job, Message, Messages, Route } from '@visage/distributed';
import { median, VisageError } from '@visage/gpu';

/** What an exchange's messages take along a route; of all ranks the slowest counts. */
export interface MessageRow {
  readonly route: Route;
  /** Such as `Open MPI v4.1.4`. */
  readonly mpi: string;
  readonly ranks: number;
  /** Messages under way at once. */
  readonly lanes: number;
  /** Bytes that leave a rank. */
  readonly bytes: number;
  readonly bucketBytes: number;
  /** Median milliseconds from the first message to the last. */
  readonly ms: number;
  /** Bytes that leave a rank, over that time. */
  readonly gigabytesPerSecond: number;
  /** Median milliseconds of processor time of a rank, its waiting threads included. */
  readonly processorMs: number;
}

/** What to measure. */
export interface MessageOptions {
  /** Bytes of the gradients as they travel. */
  readonly bytes: number;
  /** Bytes of a bucket. */
  readonly bucketBytes: number;
  readonly repeat: number;
}

/** The two messages of a bucket, and arrays in place of what a device maps. */
interface Bucket {
  readonly parts: Message;
  readonly averages: Message;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
}

/** Times an exchange along every route that there is, in turns. All ranks must call it. */
export async function timeMessages(job: Job, { bytes, bucketBytes, repeat }: MessageOptions): Promise<MessageRow[]> {
  const part = Math.ceil(bucketBytes / job.ranks);
  const others = (job.ranks - 1) * part;
  const count = Math.ceil(bytes / bucketBytes);
  const numbers = job.names.map(({ rank }) => rank).filter((rank) => rank !== job.rank);
  const expected = Buffer.concat([...numbers, ...numbers].map((rank) => new Uint8Array(part).fill(rank + 1)));
  const made = [...job.routes].map(([route, messages]) => {
    const buckets = Array.from({ length: count }, () => bucketOf(messages, part, others, job.rank));
    return { route, buckets, times: [] as number[], processor: [] as number[] };
  });
  for (let k = -2; k < repeat; k++)
    for (const { route, buckets, times, processor } of made) {
      for (const { received } of buckets) received.fill(0);
      await job.gather(0);
      const [start, used] = [performance.now(), process.cpuUsage()];
      await exchange(buckets, job.lanes, part);
      const own = process.cpuUsage(used);
      const all = await job.gather({ ms: performance.now() - start, used: (own.user + own.system) / 1000 });
      if (buckets.some(({ received }) => Buffer.compare(received, expected) !== 0))
        throw new VisageError(`messages: other bytes came by ${route} than were sent; this measures nothing`);
      if (k < 0) continue;
      times.push(Math.max(...all.map(({ ms }) => ms)));
      processor.push(Math.max(...all.map((each) => each.used)));
    }
  for (const { parts, averages } of made.flatMap(({ buckets }) => buckets)) {
    parts.dispose();
    averages.dispose();
  }
  const sent = 2 * others * count;
  return made.map(({ route, times, processor }) => {
    const ms = median(times);
    const rate = { ms, gigabytesPerSecond: sent / ms / 1e6, processorMs: median(processor) };
    return { route, mpi: job.mpi, ranks: job.ranks, lanes: job.lanes, bytes: sent, bucketBytes, ...rate };
  });
}

const bucketOf = (messages: Messages, part: number, others: number, rank: number): Bucket => ({
  parts: messages.allToAll(part),
  averages: messages.allGather(part),
  sent: new Uint8Array(others).fill(rank + 1),
  received: new Uint8Array(2 * others),
});

/** Sends the buckets, so many at once as there are lanes. */
async function exchange(buckets: readonly Bucket[], lanes: number, part: number): Promise<void> {
  const ready = Promise.resolve();
  const along = async (lane: number): Promise<void> => {
    for (const { parts, averages, sent, received } of buckets.filter((_, k) => k % lanes === lane)) {
      await parts.put(sent);
      await parts.carry(lane, ready);
      await parts.take(received.subarray(0, sent.length));
      await averages.put(sent.subarray(0, part));
      await averages.carry(lane, ready);
      await averages.take(received.subarray(sent.length));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => along(lane)));
}
