/** Tracks of faces: followed, held, found again after cuts, steadied; identities without flicker. */
import {
  Casting,
  type Face,
  FaceTracker,
  type FrameFinder,
  fivePointsOf,
  MESH_POINTS,
  type Point,
  steadied,
} from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostRandom } from '../../helpers/random.ts';

const test = suite('tracks of faces');

/** A face of a person at a place: a mesh whose five points form a face of 2 · size. */
function faceAt(x: number, y: number, size = 20, flag = 1): Face {
  const mesh = new Float32Array(2 * MESH_POINTS);
  const put = (points: readonly number[], [u, v]: Point): void => {
    for (const k of points) mesh.set([x + size * u, y + size * v], 2 * k);
  };
  for (let k = 0; k < MESH_POINTS; k++) mesh.set([x + size * Math.cos(k), y + size * Math.sin(k)], 2 * k);
  put([33, 133, 160, 158, 144, 153], [-0.5, -0.58]);
  put([362, 263, 385, 387, 373, 380], [0.5, -0.58]);
  put([1, 4], [0, 0]);
  put([61], [-0.4, 0.56]);
  put([291], [0.4, 0.56]);
  const box = { x: x - size, y: y - size, width: 2 * size, height: 2 * size };
  return { box, score: 1, flag, points: fivePointsOf(mesh), mesh };
}

/** Who is where in a frame. */
interface Actor {
  readonly who: number;
  readonly x: number;
  readonly y?: number;
  readonly size?: number;
  /** Whether the face mesh sees it. */
  readonly hidden?: boolean;
}

const descriptorOf = (who: number): Float32Array => Float32Array.from({ length: 128 }, (_, k) => Number(k === who));

/** A finder of actors; it counts what it was asked. */
class Stage implements FrameFinder {
  actors: readonly Actor[] = [];
  searches = 0;
  descriptions = 0;

  async find(): Promise<Face[]> {
    this.searches++;
    return this.actors.filter(({ hidden }) => !hidden).map(({ x, y = 50, size }) => faceAt(x, y, size));
  }

  async follow(_: never, previous: readonly Face[]): Promise<Face[]> {
    return previous.map((face) => {
      const near = this.#at(face);
      return near && !near.hidden ? faceAt(near.x, near.y ?? 50, near.size) : { ...face, flag: 0.1 };
    });
  }

  async describe(_: never, faces: readonly Face[]): Promise<Float32Array[]> {
    this.descriptions += faces.length;
    return faces.map((face) => descriptorOf(this.#at(face)?.who ?? 99));
  }

  #at({ box }: Face): Actor | undefined {
    const middle = box.x + box.width / 2;
    return this.actors.find(({ x }) => Math.abs(x - middle) < 15);
  }
}

/** A frame whose picture nobody looks at. */
const screen = { width: 320, height: 240, picture: () => undefined as never };

const scene = (brightness: number): Uint8Array => new Uint8Array(576).fill(brightness);

/** Runs frames at 30 a second; for each the people and tracks. */
async function play(frames: readonly (readonly Actor[])[], scenes: (k: number) => number = () => 100) {
  const stage = new Stage();
  const tracker = new FaceTracker(stage);
  const seen = [];
  for (const [k, actors] of frames.entries()) {
    stage.actors = actors;
    seen.push(await tracker.next(screen, { timestamp: k / 30, thumbnail: scene(scenes(k)) }));
  }
  return { seen, stage, tracker };
}

test('two faces keep their tracks and people while they move; the whole frame is searched once a second', async () => {
  const frames = Array.from({ length: 61 }, (_, k) => [
    { who: 3, x: 40 + k },
    { who: 7, x: 200 - k },
  ]);
  const { seen, stage } = await play(frames);
  for (const faces of seen)
    assert.equal(
      faces.map(({ track, person }) => [track, person]),
      [
        [0, 0],
        [1, 1],
      ],
    );
  assert.is(stage.searches, 3);
  assert.is(stage.descriptions, 6);
});

test('a face that is lost is held for five frames, and is the same track when it comes back', async () => {
  const frames = Array.from({ length: 40 }, (_, k) => [{ who: 1, x: 50, hidden: (k > 4 && k < 9) || k > 20 }]);
  const { seen } = await play(frames);
  assert.equal(
    seen.map((faces) => faces.map(({ track }) => track).join()),
    frames.map((_, k) => (k <= 25 ? '0' : '')),
  );
});

test('at a cut tracks end, and people are known again by their faces', async () => {
  const [one, other] = [
    [
      { who: 1, x: 50 },
      { who: 2, x: 120 },
    ],
    [
      { who: 2, x: 52 },
      { who: 5, x: 200 },
    ],
  ];
  const { seen } = await play([...Array(10).fill(one), ...Array(10).fill(other), ...Array(10).fill(one)], (k) =>
    k >= 10 && k < 20 ? 200 : 100,
  );
  assert.equal(
    seen[9]?.map(({ person }) => person),
    [0, 1],
  );
  assert.equal(
    seen[10]?.map(({ person, track }) => [person, track]),
    [
      [1, 2],
      [2, 3],
    ],
  );
  assert.equal(
    seen[20]?.map(({ person }) => person),
    [0, 1],
  );
});

test('a track becomes another person only after five frames that say so', async () => {
  const frames = Array.from({ length: 80 }, (_, k) => [{ who: k < 20 ? 1 : 2, x: 50 }]);
  const { seen } = await play(frames);
  const people = seen.map(([face]) => face?.person);
  const first = people.indexOf(1);
  assert.is(first, 34); // the search of frame 30 doubts, and so do the four frames behind it
  assert.ok(people.slice(first).every((person) => person === 1));
});

test('a face that appears between searches is found within a second, in an empty scene within a quarter', async () => {
  const { seen } = await play(Array.from({ length: 40 }, (_, k) => (k < 10 ? [] : [{ who: 1, x: 50 }])));
  const first = seen.findIndex((faces) => faces.length > 0);
  assert.ok(first >= 10 && first <= 18, `frame ${first}`);
});

test('tracks go on from their state as if nothing had happened', async () => {
  const noise = hostRandom(4).normals(200, 0.4);
  const frames = Array.from({ length: 60 }, (_, k) => [{ who: 1, x: 40 + k + (noise[k] as number) }]);
  const { seen } = await play(frames);
  const { tracker, stage } = await play(frames.slice(0, 33));
  const again = new FaceTracker(stage);
  again.restore(JSON.parse(JSON.stringify(tracker.state())));
  for (let k = 33; k < 60; k++) {
    stage.actors = frames[k] as Actor[];
    const faces = await again.next(screen, { timestamp: k / 30, thumbnail: scene(100) });
    assert.equal(faces, seen[k]);
  }
});

/** Places of a face that was steadied; x of its middle. */
function steadyPath(path: readonly number[]): number[] {
  let state: Parameters<typeof steadied>[1];
  return path.map((x, k) => {
    const steady = steadied(faceAt(x, 50), state, k / 30);
    state = steady.state;
    return steady.face.points[2][0];
  });
}

test('a still face that trembles becomes stiller by more than half; a moving one lags by less than 6 % of its size', () => {
  const noise = hostRandom(9).normals(300, 0.1); // half a percent of the size
  const spread = (values: readonly number[]): number => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  const trembling = Array.from(noise, (value) => 100 + value);
  assert.ok(spread(steadyPath(trembling).slice(30)) < 0.5 * spread(trembling.slice(30)));
  // two sizes of the face a second
  const moving = Array.from({ length: 60 }, (_, k) => 100 + (40 * k) / 30);
  const lag = (moving.at(-1) as number) - (steadyPath(moving).at(-1) as number);
  assert.ok(lag > 0 && lag < 0.06 * 20, `${lag} pixels`);
});

test('steadying moves all of a face alike', () => {
  let { face, state } = steadied(faceAt(100, 50), undefined, 0);
  ({ face, state } = steadied(faceAt(103, 51, 21), state, 1 / 30));
  const [dx, dy] = [face.points[0][0] - face.points[2][0], face.points[0][1] - face.points[2][1]];
  const side = face.points[1][0] - face.points[0][0];
  assert.ok(Math.abs(dx / side + 0.5) < 1e-6 && Math.abs(dy / side + 0.58) < 1e-6);
  assert.ok(Math.abs((face.mesh[2 * 61] as number) - face.points[3][0]) < 1e-4);
});

/** What a choice casts, frame by frame: track and identity. */
async function castOf(frames: readonly (readonly Actor[])[], choice: ConstructorParameters<typeof Casting>[0]) {
  const { seen, tracker } = await play(frames);
  const casting = new Casting(choice);
  return seen.map((faces) =>
    casting
      .next(faces, tracker.people)
      .map(({ track, identity }) => `${track}:${identity}`)
      .join(' '),
  );
}

test('the largest face stays the one until another was larger for five frames', async () => {
  const frames = Array.from({ length: 20 }, (_, k) => [
    { who: 1, x: 50, size: 20 },
    { who: 2, x: 150, size: k < 8 || k === 15 ? 18 : 23 },
  ]);
  const cast = await castOf(frames, { faces: 'largest' });
  assert.equal(
    cast,
    frames.map((_, k) => (k < 12 ? '0:0' : '1:0')),
  );
});

test('chosen people get their identities one to one, others theirs; numbers are people in order of appearance', async () => {
  const frames = Array(3).fill([
    { who: 1, x: 50 },
    { who: 2, x: 150 },
    { who: 4, x: 250 },
  ]);
  const people = [descriptorOf(4), descriptorOf(1)];
  assert.is((await castOf(frames, { people }))[2], '0:1 2:0');
  assert.is((await castOf(frames, { people, others: true }))[2], '0:1 1:2 2:0');
  assert.is((await castOf(frames, { faces: [1] }))[2], '1:0');
  assert.is((await castOf(frames, { faces: 'all' }))[2], '0:0 1:0 2:0');
});

test.run();
