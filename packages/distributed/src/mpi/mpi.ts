import { VisageError } from '@visage/gpu';
import type { Message, Messages, Transport } from '../exchange/transport.ts';
import type { Abi, Handle } from './abi.ts';
import type { Collectives } from './collectives.ts';
import { copyOn } from './copy.ts';
import { type MpiFunctions, mpiFunctions } from './functions.ts';
import { type Koffi, loadKoffi, loadMpi, type MpiLibrary } from './library.ts';
import { MpiMessages } from './mpiMessages.ts';
import { SharedMessages } from './sharedMessages.ts';
import { NotShared, shareMemory } from './sharing.ts';

/** A communicator on which one collective call follows another. */
interface Lane {
  readonly communicator: Handle;
  /** Settles when its latest call is over. */
  tail: Promise<unknown>;
}

/** Threads of the pool beside those of the lanes: for files, copies and pulses. */
export const OTHER_THREADS = 8;
/** Without so many of them nothing gets done beside a message. */
const LEAST_OTHER_THREADS = 2;

/** Threads that the pool of this process has. Node reads the number before a program begins. */
const poolSize = (): number => Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** What messages go through. */
export type Route = 'shared memory' | 'MPI';

type Handles = Readonly<Record<'world' | 'byte' | 'infoNull' | 'errorsReturn', Handle>>;

/**
 * The ranks that an MPI launcher started.
 *
 * Collective calls block, so they run on threads of the pool, those of one lane one after another; the event loop stays
 * free. MPI matches the calls of a lane by their order alone.
 */
export class Mpi implements Transport, Collectives {
  readonly rank: number;
  readonly ranks: number;
  /** Number among the ranks of this host. */
  readonly localRank: number;
  readonly localRanks: number;
  /** Such as `Open MPI v4.1.4`. */
  readonly version: string;
  readonly #functions: MpiFunctions;
  readonly #handles: Handles;
  readonly #lanes: readonly Lane[];
  /** For calls that are no collective ones. */
  readonly #pulses: Handle;
  readonly #routes = new Map<Route, Messages>();
  #notShared: string | undefined;
  #waiting = 0;
  #done = 0;

  private constructor({ library, abi, file }: MpiLibrary, mostLanes: number) {
    this.#functions = mpiFunctions(library, abi);
    this.#handles = handlesOf(abi, (name) => library.symbol(name));
    const { world, infoNull, errorsReturn } = this.#handles;
    const f = this.#functions;
    const level = [0];
    this.#check('Init_thread', f.init(null, null, abi.multiple, level));
    if ((level[0] as number) < abi.multiple)
      throw new VisageError(
        `${file} was built without MPI_THREAD_MULTIPLE, which exchanges beside the training need; take the package of Debian, or build MPI with it`,
      );
    const out = <T>(what: string, call: (value: T[]) => number): T => {
      const value: T[] = [0 as T];
      this.#check(what, call(value));
      return value[0] as T;
    };
    this.rank = out('Comm_rank', (value) => f.rank(world, value));
    this.ranks = out('Comm_size', (value) => f.size(world, value));
    const node = out<Handle>('Comm_split_type', (value) => f.split(world, abi.shared, this.rank, infoNull, value));
    this.localRank = out('Comm_rank', (value) => f.rank(node, value));
    this.localRanks = out('Comm_size', (value) => f.size(node, value));
    // Open MPI names its package and its identifier too.
    this.version = this.#text((text, length) => f.version(text, length)).replace(/, package.*/, '');
    const lanes = Math.min(...this.#numbersOf(mostLanes));
    const duplicate = () => out<Handle>('Comm_dup', (value) => f.duplicate(world, value));
    this.#lanes = Array.from({ length: lanes }, () => ({ communicator: duplicate(), tail: Promise.resolve() }));
    this.#pulses = duplicate();
    for (const each of [world, this.#pulses, ...this.#lanes.map(({ communicator }) => communicator)])
      this.#check('Comm_set_errhandler', f.handler(each, errorsReturn));
  }

  /**
   * Joins the other ranks.
   *
   * @param lanes the most messages that can be under way at once. There are fewer if a rank has too few threads.
   * @param sharesMemory whether messages may go through memory that the ranks of a host share. They do if all ranks are
   *   of one host, say so, and can.
   * @throws VisageError when koffi or MPI is missing, or there are not even the threads for a single lane.
   */
  static async join(lanes: number, sharesMemory = true): Promise<Mpi> {
    const most = Math.min(lanes, poolSize() - LEAST_OTHER_THREADS);
    if (most < 1)
      throw new VisageError(
        `an exchange needs ${1 + LEAST_OTHER_THREADS} threads, this process has ${poolSize()}; start it with UV_THREADPOOL_SIZE=${lanes + OTHER_THREADS}`,
      );
    const koffi = await loadKoffi();
    const mpi = new Mpi(loadMpi(koffi), most);
    await mpi.#prepare(koffi, sharesMemory);
    return mpi;
  }

  /** Finds the routes that there are. */
  async #prepare(koffi: Koffi, sharesMemory: boolean): Promise<void> {
    const copy = copyOn(koffi);
    this.#routes.set('MPI', new MpiMessages(this, copy));
    if (this.localRanks < this.ranks) return;
    try {
      const memory = await shareMemory(koffi, copy, this, sharesMemory);
      this.#routes.set('shared memory', new SharedMessages(this, copy, memory));
    } catch (cause) {
      if (!(cause instanceof NotShared)) throw cause;
      if (sharesMemory) this.#notShared = cause.message;
    }
  }

  get lanes(): number {
    return this.#lanes.length;
  }

  /** How many collective calls are under way, and how many are done. */
  get messages(): { readonly waiting: number; readonly done: number } {
    return { waiting: this.#waiting, done: this.#done };
  }

  /** The routes that messages can take here, with what makes those of each. */
  get routes(): ReadonlyMap<Route, Messages> {
    return this.#routes;
  }

  /** The route of an exchange's messages. */
  get route(): Route {
    return this.#routes.has('shared memory') ? 'shared memory' : 'MPI';
  }

  /** Why ranks of one host do not share memory, though they should. */
  get notShared(): string | undefined {
    return this.#notShared;
  }

  allToAll(part: number): Message {
    return this.#maker.allToAll(part);
  }

  allGather(part: number): Message {
    return this.#maker.allGather(part);
  }

  /** What makes messages along the fastest route. */
  get #maker(): Messages {
    return this.#routes.get(this.route) as Messages;
  }

  /** What every rank says, in the order of the ranks. All of them must ask. */
  async gather<T>(value: T): Promise<T[]> {
    const text = new TextEncoder().encode(JSON.stringify(value));
    const lengths = new Int32Array(this.ranks);
    await this.gatherBytes(0, Promise.resolve(), Int32Array.of(text.length), lengths);
    const longest = Math.max(...lengths);
    const own = new Uint8Array(longest);
    own.set(text);
    const all = new Uint8Array(longest * this.ranks);
    await this.gatherBytes(0, Promise.resolve(), own, all);
    return Array.from(lengths, (length, rank) => {
      const said = all.subarray(rank * longest, rank * longest + length);
      return JSON.parse(new TextDecoder().decode(said)) as T;
    });
  }

  exchangeParts(lane: number, ready: Promise<unknown>, sent: Uint8Array, received: Uint8Array): Promise<void> {
    const part = sent.length / (this.ranks - 1);
    const byRank = (of: (slot: number) => number) =>
      Int32Array.from({ length: this.ranks }, (_, rank) =>
        rank === this.rank ? 0 : of(rank - (rank > this.rank ? 1 : 0)),
      );
    const counts = byRank(() => part);
    const places = byRank((slot) => slot * part);
    const { byte } = this.#handles;
    return this.#queue('allToAll', lane, ready, [sent, counts, places, byte, received, counts, places, byte]);
  }

  gatherBytes(
    lane: number,
    ready: Promise<unknown>,
    own: Uint8Array | Int32Array,
    all: Uint8Array | Int32Array,
  ): Promise<void> {
    const { byte } = this.#handles;
    return this.#queue('allGather', lane, ready, [own, own.byteLength, byte, all, own.byteLength, byte]);
  }

  barrier(lane: number, ready: Promise<unknown>): Promise<void> {
    return this.#queue('barrier', lane, ready, []);
  }

  /** Sends a short message to a rank, beside all exchanges; resolves when it is on its way. */
  send(rank: number, message: Float64Array): Promise<void> {
    const args = [message, message.byteLength, this.#handles.byte, rank, 0, this.#pulses];
    return this.#call('send', args);
  }

  /** The latest message of `length` numbers that a rank sent and that was not received before, if there is one. */
  received(rank: number, length: number): Float64Array | undefined {
    const [flag, status] = [[0], new Uint8Array(64)];
    let latest: Float64Array | undefined;
    for (;;) {
      this.#check('Iprobe', this.#functions.probe(rank, 0, this.#pulses, flag, status));
      if (flag[0] === 0) return latest;
      latest = new Float64Array(length);
      const { byte } = this.#handles;
      this.#check('Recv', this.#functions.receive(latest, latest.byteLength, byte, rank, 0, this.#pulses, status));
    }
  }

  /** Ends the process and all other ranks. */
  abort(status: number): void {
    this.#functions.abort(this.#handles.world, status);
  }

  /** Leaves the other ranks, when all of them do. Open MPI counts a process that ends without this as failed. */
  async leave(): Promise<void> {
    await Promise.all(this.#lanes.map(({ tail }) => tail));
    this.#check('Finalize', this.#functions.finalize());
  }

  /** The number of every rank. It blocks until all of them come. */
  #numbersOf(own: number): Int32Array {
    const all = new Int32Array(this.ranks);
    const { world, byte } = this.#handles;
    this.#check('Allgather', this.#functions.allGather(Int32Array.of(own), 4, byte, all, 4, byte, world));
    return all;
  }

  /** Calls a collective function after all earlier ones of its lane, once `ready` resolves. */
  #queue(name: keyof MpiFunctions, lane: number, ready: Promise<unknown>, args: readonly unknown[]): Promise<void> {
    const own = this.#lanes[lane] as Lane;
    const done = Promise.all([own.tail, ready]).then(async () => {
      this.#waiting += 1;
      try {
        await this.#call(name, [...args, own.communicator]);
      } finally {
        this.#waiting -= 1;
      }
      this.#done += 1;
    });
    own.tail = done.catch(() => {}); // thrown where it is awaited
    return done;
  }

  /** Calls a function on another thread. Its arguments stay referenced until it returns. */
  #call(name: keyof MpiFunctions, args: readonly unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#functions[name].async(...args, (cause: Error | null, code: number) => {
        try {
          if (cause) throw cause;
          this.#check(name, code);
          resolve(void args);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #check(what: string, code: number): void {
    if (code === 0) return;
    throw new VisageError(`MPI ${what}: ${this.#text((text, length) => this.#functions.error(code, text, length))}`);
  }

  /** The first line of a text that MPI writes. */
  #text(write: (text: Uint8Array, length: number[]) => number): string {
    const [text, length] = [new Uint8Array(16_384), [0]];
    write(text, length);
    const all = new TextDecoder().decode(text.subarray(0, length[0]));
    return (all.replace(/\0[\s\S]*$/, '').split('\n')[0] ?? '').replace(/\s+/g, ' ').trim();
  }
}

function handlesOf(abi: Abi, symbol: (name: string) => object): Handles {
  const resolved = (value: string | Handle): Handle => (typeof value === 'string' ? symbol(value) : value);
  const { world, byte, infoNull, errorsReturn } = abi;
  return {
    world: resolved(world),
    byte: resolved(byte),
    infoNull: resolved(infoNull),
    errorsReturn: resolved(errorsReturn),
  };
}
