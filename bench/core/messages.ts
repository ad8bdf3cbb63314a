/** @file The messages of an exchange between ordinary arrays: what a host can do, whatever its devices. */
import { gathersWhole, type Job, type Message, type Messages, type Route } from '@visage/distributed';
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

/** The messages of a bucket, one after another, and arrays in place of what a device maps. */
type Bucket = readonly {
  readonly message: Message;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  /** What is to come. */
  readonly expected: Uint8Array;
}[];

/** Times an exchange along every route that there is, in turns. All ranks must call it. */
export async function timeMessages(job: Job, { bytes, bucketBytes, repeat }: MessageOptions): Promise<MessageRow[]> {
  const count = Math.ceil(bytes / bucketBytes);
  const made = [...job.routes].map(([route, messages]) => {
    const buckets = Array.from({ length: count }, () => bucketOf(messages, bucketBytes, job));
    return { route, buckets, times: [] as number[], processor: [] as number[] };
  });
  for (let k = -2; k < repeat; k++)
    for (const { route, buckets, times, processor } of made) {
      for (const { received } of buckets.flat()) received.fill(0);
      await job.gather(0);
      const [start, used] = [performance.now(), process.cpuUsage()];
      await exchange(buckets, job.lanes);
      const own = process.cpuUsage(used);
      const all = await job.gather({ ms: performance.now() - start, used: (own.user + own.system) / 1000 });
      if (buckets.flat().some(({ received, expected }) => Buffer.compare(received, expected) !== 0))
        throw new VisageError(`messages: other bytes came by ${route} than were sent; this measures nothing`);
      if (k < 0) continue;
      times.push(Math.max(...all.map(({ ms }) => ms)));
      processor.push(Math.max(...all.map((each) => each.used)));
    }
  const all = made.map(({ buckets }) => buckets.flat());
  for (const { message } of all.flat()) message.dispose();
  const sent = (all[0] ?? []).reduce((sum, { received }) => sum + received.length, 0);
  return made.map(({ route, times, processor }) => {
    const ms = median(times);
    const rate = { ms, gigabytesPerSecond: sent / ms / 1e6, processorMs: median(processor) };
    return { route, mpi: job.mpi, ranks: job.ranks, lanes: job.lanes, bytes: sent, bucketBytes, ...rate };
  });
}

/** The messages of an exchange's bucket: the whole of it to all others, or parts and then their averages. */
function bucketOf(messages: Messages, bytes: number, { rank, ranks }: Pick<Job, 'rank' | 'ranks'>): Bucket {
  const numbers = Array.from({ length: ranks }, (_, k) => k).filter((k) => k !== rank);
  const piece = (message: Message, sent: number, part: number) => ({
    message,
    sent: new Uint8Array(sent).fill(rank + 1),
    received: new Uint8Array(numbers.length * part),
    expected: Buffer.concat(numbers.map((k) => new Uint8Array(part).fill(k + 1))),
  });
  if (gathersWhole(ranks)) return [piece(messages.allGather(bytes), bytes, bytes)];
  const part = Math.ceil(bytes / ranks);
  return [piece(messages.allToAll(part), numbers.length * part, part), piece(messages.allGather(part), part, part)];
}

/** Sends the buckets, so many at once as there are lanes. */
async function exchange(buckets: readonly Bucket[], lanes: number): Promise<void> {
  const ready = Promise.resolve();
  const along = async (lane: number): Promise<void> => {
    for (const bucket of buckets.filter((_, k) => k % lanes === lane))
      for (const { message, sent, received } of bucket) {
        await message.put(sent);
        await message.carry(lane, ready);
        await message.take(received);
      }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => along(lane)));
}
