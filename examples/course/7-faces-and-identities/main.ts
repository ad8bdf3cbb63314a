/**
 * @file Chapter 7: people whose exact swap is known, the margin that ArcFace demands, and what an attack shows of a
 * network that learned without and with one.
 *
 *     npm run course -- 7
 */
import { equalErrorRate, FaceSampler, faceSets, renderFaces, SwapFaces } from '@visage/faces';
import type { Gpu } from '@visage/gpu';
import { Adam, seeded } from '@visage/nn';
import { disguised, type IdentityNetwork, IResNet, MarginHead, ProceduralLabels } from '@visage/simswap';
import {
  abs,
  arcMargin,
  avgPool2d,
  cosineSimilarity,
  crossEntropy,
  grad,
  keep,
  mean,
  minimum,
  mul,
  noGrad,
  RandomState,
  record,
  scope,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';

type Log = (text: string) => void;

const [SIZE, BATCH, PEOPLE, STEPS] = [32, 16, 40, 100];
const LEVEL = 'L0'; // people who look ahead in even light: a short training sees through no more

/** Everything the chapter talks about, in its order. */
export async function run(_gpu: Gpu, log: Log): Promise<void> {
  await exactTruth(log);
  await margin(log);
  await robustness(log);
}

// 1. A face is two integers: who, and how. The swap of who into how is one more rendering.

async function exactTruth(log: Log): Promise<void> {
  const faces = new SwapFaces({ batch: 8, size: SIZE, level: 'L1' });
  faces.load(new FaceSampler({ identities: 1000, seed: 1 }).swap(0, 8, false));
  const { inside, outside } = scope(() => {
    const [changed, mask] = [abs(sub(faces.truth(), faces.target())), faces.mask()];
    const share = (weights: Tensor) => sum(mul(changed, weights)).div(sum(weights).mul(3));
    return { inside: share(mask), outside: share(sub(1, mask)) };
  });
  log('1. Eight targets and their exact swaps, mean difference on a scale from 0 to 1');
  log(
    `   inside the mask of the inner face ${(await inside.item()).toFixed(4)}, outside ${(await outside.item()).toFixed(4)}`,
  );
  faces.dispose();
}

// 2. The margin. A face at 40° from its own person's centre and at 60° from everybody else's.

async function margin(log: Log): Promise<void> {
  const others = 9;
  const degrees = (angle: number) => (angle * Math.PI) / 180;
  const centre = (angle: number) => [Math.cos(degrees(angle)), Math.sin(degrees(angle))];
  // the face lies at 0°; class 0 is its own, and the other centres lie at 60°
  const centres = [centre(40), ...Array.from({ length: others }, () => centre(60))];
  const columns = [0, 1].flatMap((axis) => centres.map((c) => c[axis] as number));
  const [x, w] = [tensor([1, 0], [1, 2]), tensor(columns, [2, centres.length])];
  const label = tensor(Uint32Array.of(0));
  log('2. A face at 40° from its own centre, nine other centres at 60°, scale 16');
  for (const angle of [0, 0.2, 0.5]) {
    const logits = arcMargin(x, w, label, { scale: 16, margin: angle });
    const [own, other] = await logits.floats();
    const [probability] = await softmax(logits).floats();
    const loss = await crossEntropy(logits, label).item();
    log(
      `   margin ${angle.toFixed(1)}: logits ${own?.toFixed(2)} and ${other?.toFixed(2)}, probability ${probability?.toFixed(3)}, loss ${loss.toFixed(3)}`,
    );
  }
}

// 3. Two trainings from the same weights on the same faces; one of them sees every batch disguised as other people.

interface Result {
  readonly network: IdentityNetwork;
  readonly loss: number;
}

async function train(attacked: boolean): Promise<Result> {
  const network = seeded(1, () => {
    const sizes = { width: 0.125, layers: [1, 1, 1, 1], embedding: 64, inputSize: SIZE } as const;
    return new IResNet({ kind: 'iresnet', squeeze: false, ...sizes });
  });
  const head = seeded(2, () => new MarginHead(PEOPLE, 64, { kind: 'angle', scale: 16, margin: 0.2 }));
  const faces = new ProceduralLabels({ people: PEOPLE, level: LEVEL, imageSize: SIZE, batchSize: BATCH, seed: 3 });
  const [random, radius] = [new RandomState(4), keep(tensor([0], [1]))];
  const parameters = [...network.namedParameters(), ['head', head.weight] as const];
  const optimizer = new Adam(
    parameters.filter(([, parameter]) => parameter.requiresGrad),
    { learningRate: 3e-3 },
  );
  const step = record(() => {
    const { images, labels } = faces.batch();
    const seen = attacked ? disguised(network, images, radius, random, 'f32') : images;
    const loss = crossEntropy(head.forward(network.embed(seen), labels), labels);
    optimizer.step(grad(loss, optimizer.parameters));
    return loss.detach();
  });
  await step.ready();
  let last = 0;
  for (let k = 0; k < STEPS; k++) {
    faces.load(k);
    radius.write(Float32Array.of(Math.min(1, k / (0.5 * STEPS)))); // grows: a hard attack from the start teaches nothing
    step.run();
    if (k >= STEPS - 10) last += (await step.result.item()) / 10;
  }
  network.freeze().eval();
  return { network, loss: last };
}

const photos = 3;
const unseen = Array.from({ length: 16 * photos }, (_, k) => Math.floor(k / photos));

/** Photos of people whom nothing was trained on: `photos` of each, one person after another. */
const unseenFaces = (): Tensor =>
  renderFaces({
    identities: Uint32Array.from(unseen, (person) => faceSets.heldOut + person),
    attributes: Uint32Array.from(unseen, (_, k) => faceSets.heldOut + k),
    size: SIZE,
    level: LEVEL,
  });

/** Each image's Euclidean length, [N, 1, 1, 1]. */
const lengths = (x: Tensor): Tensor => sqrt(sum(square(x), [1, 2, 3], true).add(1e-12));

/** How much nearer, in cosine, each face comes to a stranger by a change of the given length along the gradient. */
function pulled(network: IdentityNetwork, faces: Tensor, strangers: Tensor, radius: number): Tensor {
  const wanted = noGrad(() => network.embed(strangers));
  const alike = (x: Tensor) => cosineSimilarity(network.embed(x), wanted);
  let change = mul(faces, 0);
  for (let k = 0; k < 5; k++) {
    change = change.detach();
    change.requiresGrad = true;
    const [slope] = grad(sum(alike(faces.add(change))), [change]) as [Tensor];
    const further = change.detach().add(slope.mul(radius / 3).div(lengths(slope)));
    change = further.mul(minimum(tensor([radius]).div(lengths(further)), 1));
  }
  return noGrad(() => mean(sub(alike(faces.add(change)), alike(faces))));
}

/** The share of a gradient that a blur of 5x5 leaves: near 0 for noise, near 1 for shapes as large as an eye. */
function smoothShare(network: IdentityNetwork, faces: Tensor, strangers: Tensor): Tensor {
  const x = faces.detach();
  x.requiresGrad = true;
  const wanted = noGrad(() => network.embed(strangers));
  const [slope] = grad(sum(cosineSimilarity(network.embed(x), wanted)), [x]) as [Tensor];
  const blurred = avgPool2d(slope, { kernel: 5, stride: 1, padding: 2, countIncludePad: false });
  return noGrad(() => mean(lengths(blurred).div(lengths(slope))));
}

async function robustness(log: Log): Promise<void> {
  log(
    `3. Two networks, ${STEPS} steps on ${PEOPLE} people, from the same weights; measured on people whom they never saw`,
  );
  for (const [name, attacked] of [
    ['plain', false],
    ['attacked', true],
  ] as const) {
    const { network, loss } = await train(attacked);
    const faces = unseenFaces();
    const strangers = tensor(rotated(await faces.floats(), faces.size / 16), faces.shape);
    const vectors = noGrad(() => network.embed(faces));
    const { rate } = equalErrorRate({ values: await vectors.floats(), size: 64 }, unseen);
    const radii = [0.25, 1];
    const shifts = await Promise.all(
      radii.map((radius) => scope(() => pulled(network, faces, strangers, radius)).item()),
    );
    const smooth = await scope(() => smoothShare(network, faces, strangers)).item();
    log(`   ${name}: loss ${loss.toFixed(2)}, equal error rate ${(100 * rate).toFixed(0)} %`);
    log(`      nearer to a stranger by ${radii.map((r, k) => `${shifts[k]?.toFixed(2)} (length ${r})`).join(', ')}`);
    log(`      share of its gradient that a blur leaves: ${smooth.toFixed(2)}`);
  }
}

/** The values of a batch, moved on by `by`: each face meets the next person. */
function rotated(values: Float32Array, by: number): Float32Array {
  return Float32Array.from(values, (_, k) => values[(k + by) % values.length] as number);
}
