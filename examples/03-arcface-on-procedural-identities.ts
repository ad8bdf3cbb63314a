/**
 * An identity network, trained from scratch to tell procedural people apart with ArcFace's margin, and tested on people
 * it never saw.
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts
 *
 * Longer, for weights that a swapper can be trained against (minutes on a GPU):
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts \
 *         --size 48 --steps 3000 --batch 256 --people 20000 --out out/identity.safetensors
 *
 * This network need not have learned what a person would call a face. Changes of a few grey levels, spread over the
 * picture, make it recognise somebody else, and a swapper that follows its gradient learns to paint such patterns.
 * Adversarial training as a second stage removes this weakness:
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts \
 *         --from out/identity.safetensors --attack 2 --blur 2 --size 48 --steps 1000 --batch 128 --people 8000 \
 *         --rate 0.02 --out out/robust.safetensors
 *
 * A judge, which measures swaps, must share neither architecture nor people with it: add `--judge`.
 *
 * On photographs: `--data SET` takes a set of `visage dataset`, or a folder with a folder of faces for each person. A
 * fifth of the people, at most 24, are held out for the error rate.
 */
import { parseArgs } from 'node:util';
import { equalErrorRate, faceSets, type Level, renderFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { cosineSchedule, loadModule, type Module, Sgd, saveModule, seeded } from '@visage/nn';
import { loadSafetensors, saveFile } from '@visage/nn/node';
import { ArcFace, IResNet, type LabelledPeople, MarginHead, ProceduralLabels } from '@visage/simswap';
import {
  avgPool2d,
  concat,
  cosineSimilarity,
  crossEntropy,
  grad,
  keep,
  l2Normalize,
  minimum,
  noGrad,
  RandomState,
  record,
  scope,
  slice,
  sqrt,
  square,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { openDataSet, PictureLabels, Pictures, splitPeople } from '@visage/training';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    batch: { type: 'string', default: '32' },
    people: { type: 'string', default: '60' },
    size: { type: 'string', default: '48' },
    embedding: { type: 'string', default: '128' },
    judge: { type: 'boolean', default: false },
    pixels: { type: 'string', default: '0' },
    attack: { type: 'string', default: '0' },
    blur: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0.1' },
    data: { type: 'string' },
    from: { type: 'string' },
    out: { type: 'string' },
  },
});
const [steps, batch, size, embedding] = [options.steps, options.batch, options.size, options.embedding].map(Number) as [
  number,
  number,
  number,
  number,
];

const attack = Number(options.attack); // radius: the Euclidean length of a change to all values of a picture in [0, 1]
const blurs = Number(options.blur);
// A short run sees frontal faces: pose and light take thousands of steps to see through.
const level: Level = steps < 1000 && !options.from ? 'L0' : 'L1';
// faces are rendered at this size; the network resizes what it is given
const pixels = Math.max(size, Number(options.pixels));

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

/** People to learn from, and photos of them and of people whom nothing learns from. */
interface Source {
  readonly data: LabelledPeople;
  readonly unseen: number;
  /** [persons, pixels, pixels, 3]: photo number `photos[k]` of person `persons[k]`. */
  photosOf(who: 'trained' | 'unseen', persons: readonly number[], photos: readonly number[]): Promise<Tensor>;
}
const UNSEEN = 24; // people

/** Faces that are rendered by the step itself. Only three lists of numbers go to the GPU: who, how, and the class. */
function rendered(people: number): Source {
  const trained = options.judge ? faceSets.judge : faceSets.training;
  return {
    data: new ProceduralLabels({ people, firstIdentity: trained, level, imageSize: pixels, batchSize: batch, seed: 3 }),
    unseen: UNSEEN,
    async photosOf(who, persons, photos) {
      const first = who === 'trained' ? trained : faceSets.heldOut;
      const count = who === 'trained' ? people : UNSEEN;
      const identities = Uint32Array.from(persons, (person) => first + person);
      const attributes = identities.map((identity, k) => identity + count * (photos[k] as number));
      return renderFaces({ identities, attributes, size: pixels, level });
    },
  };
}

/** Faces of a data set, decoded ahead in worker threads. */
async function photographed(folder: string): Promise<Source> {
  const set = await openDataSet(folder);
  const split = splitPeople(set, UNSEEN);
  const pictures = new Pictures(set, pixels);
  return {
    data: new PictureLabels({ people: split.trained, pictures, batchSize: batch, seed: 3 }),
    unseen: split.heldOut.length,
    async photosOf(who, persons, photos) {
      const values = new Float32Array(persons.length * pixels * pixels * 3);
      for (const [k, person] of persons.entries()) {
        const faces = (who === 'trained' ? split.trained : split.heldOut)[person]?.faces ?? [];
        const face = await pictures.face(faces[(photos[k] as number) % faces.length] as number);
        if (face) values.set(face.data, k * pixels * pixels * 3); // a broken one stays black
      }
      return tensor(values, [persons.length, pixels, pixels, 3]);
    },
  };
}

const source = options.data ? await photographed(options.data) : rendered(Number(options.people));
const { people } = source.data;

// The network maps a face to a vector; the head turns vectors into logits over the training people, by angles to their
// centres. The margin demands that a face be closer to its own person than it would need to be to win, so that people
// the network never saw separate as well.
const common = { width: 0.25, embedding, inputSize: size } as const;
const network = seeded(1, () =>
  options.judge
    ? new IResNet({ ...common, kind: 'iresnet', layers: [1, 1, 1, 1], squeeze: false })
    : new ArcFace({ ...common, kind: 'arcface', layers: [1, 1, 2, 1], squeeze: true }),
);
const head = seeded(2, () => new MarginHead(people, embedding, { kind: 'angle', scale: 16, margin: 0.2 }));
console.log(
  `${network.constructor.name} with ${network.parameterCount} parameters, ${people} people, batches of ${batch}.`,
);

let earlier = '';
if (options.from) {
  const file = await loadSafetensors(options.from);
  loadModule(network, file);
  await centreHead();
  earlier = `${file.metadata.command} && `;
}
const random = new RandomState(4);

const rate = cosineSchedule({ rate: Number(options.rate), warmup: Math.ceil(steps / 20), steps, floor: 1e-3 });
const parameters = [...named('network', network), ...named('head', head)];
const optimizer = new Sgd(parameters, { learningRate: rate(0), momentum: 0.9, weightDecay: 5e-4 });

function named(prefix: string, module: Module): [string, Tensor][] {
  const trained = [...module.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
  return trained.map(([name, parameter]) => [`${prefix}.${name}`, parameter]);
}

/** Each image's Euclidean length, [N, 1, 1, 1]. */
const lengths = (x: Tensor): Tensor => sqrt(sum(square(x), [1, 2, 3], true).add(1e-12));

/** The rows of a batch, each in the place of the one before; the first comes last. */
const shifted = (rows: Tensor): Tensor => concat([slice(rows, 0, 1, batch), slice(rows, 0, 0, 1)], 0);

/**
 * Faces, each blurred by a random amount. A swapper's first pictures are blurred, and the network must recognise people
 * in them too.
 */
function blurred(faces: Tensor): Tensor {
  let soft = faces;
  for (let k = 0; k < blurs; k++) soft = avgPool2d(soft, { kernel: 3, stride: 1, padding: 1, countIncludePad: false });
  return faces.add(soft.sub(faces).mul(square(random.uniform([batch, 1, 1, 1]))));
}

const radius = keep(tensor([0], [1]));

/**
 * Faces disguised as the next person of the batch: a change of at most a random share of the radius, found in two steps
 * along the gradient.
 *
 * A swapper does the same to its target. If a network still names the right person under such changes, only visible
 * changes can alter its answer: its gradient draws brows, eyes and mouths. Madry et al. 2018; for the gradients,
 * Santurkar et al. 2019.
 */
function disguised(faces: Tensor): Tensor {
  network.eval(); // attacks see the network as swappers do, and leave its statistics alone
  const wanted = noGrad(() => shifted(network.embed(faces)));
  const reach = sqrt(random.uniform([batch, 1, 1, 1])).mul(radius);
  const start = random.normal(faces.shape);
  let change = start.mul(reach.mul(0.3).div(lengths(start)));
  for (let k = 0; k < 2; k++) {
    change = change.detach();
    change.requiresGrad = true;
    const [slope] = grad(cosineSimilarity(network.embed(faces.add(change)), wanted).sum(), [change]) as [Tensor];
    const further = change.detach().add(slope.mul(reach.mul(0.6).div(lengths(slope))));
    change = further.mul(minimum(reach.div(lengths(further)), 1));
  }
  network.train();
  return faces.add(change).detach();
}

// Traced once; each run() below replays its kernels on the numbers written before.
const step = record(() => {
  const { images: given, labels } = source.data.batch();
  const seen = blurs > 0 ? blurred(given) : given;
  const faces = attack > 0 ? disguised(seen) : seen;
  const loss = crossEntropy(head.forward(network.embed(faces), labels), labels);
  optimizer.step(grad(loss, optimizer.parameters));
  return loss;
});

/** What the network, in evaluation mode, makes of photos. */
async function embedded(...photos: Parameters<Source['photosOf']>): Promise<Tensor> {
  const faces = await source.photosOf(...photos);
  const vectors = scope(() => noGrad(() => l2Normalize(network.embed(faces))));
  faces.dispose();
  return vectors;
}

/**
 * Puts each person's centre where the network sees that person now, on the mean of two photos: a second stage starts
 * where the first ended.
 */
async function centreHead(): Promise<void> {
  const centres = new Float32Array(embedding * people);
  const photos = 2;
  network.eval();
  for (let from = 0; from < people; from += batch) {
    const rows = Math.min(batch, people - from);
    const each = Array.from({ length: rows * photos }, (_, k) => k);
    const vectors = await embedded(
      'trained',
      each.map((k) => from + (k % rows)),
      each.map((k) => Math.floor(k / rows)),
    );
    for (const [k, value] of (await vectors.floats()).entries()) {
      const row = Math.floor(k / embedding);
      const at = (k % embedding) * people + from + (row % rows);
      centres[at] = (centres[at] as number) + value;
    }
    vectors.dispose();
  }
  head.weight.write(centres);
  network.train();
}

/**
 * Equal error rate on people that nobody trained on: how often two photos are wrongly said to show one person, or two.
 */
async function unseenErrorRate(): Promise<number> {
  const photos = 4;
  const each = Array.from({ length: source.unseen * photos }, (_, k) => k);
  const who = each.map((k) => Math.floor(k / photos));
  network.eval();
  const vectors = await embedded(
    'unseen',
    who,
    each.map((k) => k % photos),
  );
  network.train();
  const values = await vectors.floats();
  vectors.dispose();
  return equalErrorRate({ values, size: embedding }, who).rate;
}

console.log(`Error rate on unseen people before training: ${(100 * (await unseenErrorRate())).toFixed(1)} %`);
const started = performance.now();
for (let k = 0; k < steps; k++) {
  for (let ahead = k; ahead < Math.min(steps, k + 8); ahead++) source.data.expect?.(ahead);
  await source.data.load(k);
  optimizer.learningRate = rate(k);
  // the radius grows from 0: under full attack from the start the network unlearns everything
  if (attack > 0) radius.write(Float32Array.of(attack * Math.min(1, k / (0.4 * steps))));
  step.run();
  if ((k + 1) % Math.max(1, Math.floor(steps / 10)) > 0) continue;
  const loss = (await step.result.item()).toFixed(3);
  const perSecond = ((k + 1) / (performance.now() - started)) * 1000;
  const unseen = (100 * (await unseenErrorRate())).toFixed(1);
  console.log(`step ${k + 1}: loss ${loss}, error rate on unseen people ${unseen} %, ${perSecond.toFixed(1)} steps/s`);
}

if (options.out) {
  const wanted = process.argv.slice(2).filter((word, k, all) => word !== '--out' && all[k - 1] !== '--out');
  const command = `${earlier}examples/03-arcface-on-procedural-identities.ts ${wanted.join(' ')}`; // of every stage
  const config = network.config;
  await saveFile(
    options.out,
    await saveModule(network, { architecture: 'identity', config, storage: 'f16', metadata: { command } }),
  );
  console.log(`Weights (f16) written to ${options.out}`);
}
process.exit(); // Dawn keeps threads that would hold the process open
