/**
 * @file Chapter 7: people whose exact swap is known, the margin that ArcFace demands, and what an attack shows of a
 * network that learned without and with one.
 *
 *     npm run course -- 7
 */
import { equalErrorRate, FaceSampler, faceSets, renderFaces, SwapFaces } from '@visage/faces';
import type { Gpu } from '@visage/gpu';
import type { IdentityNetwork } from '@visage/simswap';
import {
  abs,
  arcMargin,
  avgPool2d,
  cosineSimilarity,
  crossEntropy,
  mean,
  minimum,
  mul,
  noGrad,
  scope,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { builtInIdentity } from '../identity.ts';
import { LEVEL, PEOPLE, STEPS, slopesTowards, train } from './training.ts';

type Log = (text: string) => void;

/** Everything the chapter talks about, in its order. */
export async function run(_gpu: Gpu, log: Log): Promise<void> {
  await exactTruth(log);
  await margin(log);
  await robustness(log);
}

// 1. A face is two integers: who, and how. The swap of who into how is one more rendering.

async function exactTruth(log: Log): Promise<void> {
  const faces = new SwapFaces({ batch: 8, size: 32, level: 'L1' });
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

// 3. Robustness: how far does a small change of a picture move its vector towards a stranger's, and what does the
// gradient that finds this change look like?

const photos = 2;
const people = Array.from({ length: 12 * photos }, (_, k) => Math.floor(k / photos));

/** Photos of people whom nothing was trained on: `photos` of each, or of the person after each. */
const unseenFaces = (size: number, after = 0): Tensor =>
  renderFaces({
    identities: Uint32Array.from(people, (person) => faceSets.heldOut + person + after),
    attributes: Uint32Array.from(people, (_, k) => faceSets.heldOut + k),
    size,
    level: LEVEL,
  });

/** Each image's Euclidean length, [N, 1, 1, 1]. */
const lengths = (x: Tensor): Tensor => sqrt(sum(square(x), [1, 2, 3], true).add(1e-12));

/** How much nearer, in cosine, each face comes to a stranger by a change of the given length along the gradient. */
function pulled(network: IdentityNetwork, faces: Tensor, strangers: Tensor, radius: number): Tensor {
  const alike = (x: Tensor) => noGrad(() => mean(cosineSimilarity(network.embed(x), network.embed(strangers))));
  let change = mul(faces, 0);
  for (let k = 0; k < 4; k++) {
    const slope = slopesTowards(network, faces.add(change), strangers);
    const further = change.add(slope.mul(radius / 2).div(lengths(slope)));
    change = further.mul(minimum(tensor([radius]).div(lengths(further)), 1));
  }
  return sub(alike(faces.add(change)), alike(faces));
}

/** The share of a gradient that a blur of 5x5 leaves: 0.2 of white noise, near 1 of shapes as large as a mouth. */
function smoothShare(network: IdentityNetwork, faces: Tensor, strangers: Tensor): Tensor {
  const slope = slopesTowards(network, faces, strangers);
  const blurred = avgPool2d(slope, { kernel: 5, stride: 1, padding: 2, countIncludePad: false });
  return mean(lengths(blurred).div(lengths(slope)));
}

async function robustness(log: Log): Promise<void> {
  log(
    `3. Networks of ${STEPS} steps on ${PEOPLE} people, and the one of Visage; measured on people whom none of them saw`,
  );
  await measured('plain', (await train(false)).network, log);
  await measured('attacked', (await train(true)).network, log);
  await measured('built in', await builtInIdentity(), log);
}

async function measured(name: string, network: IdentityNetwork, log: Log): Promise<void> {
  const { inputSize, embedding } = network.config;
  const [faces, strangers] = [unseenFaces(inputSize), unseenFaces(inputSize, 1)];
  const vectors = await noGrad(() => network.embed(faces)).floats();
  const { rate } = equalErrorRate({ values: vectors, size: embedding }, people);
  const value = (of: () => Tensor) => scope(of).item();
  const near = await value(() => pulled(network, faces, strangers, 0.25));
  const far = await value(() => pulled(network, faces, strangers, 1));
  const smooth = await value(() => smoothShare(network, faces, strangers));
  log(`   ${name}: equal error rate ${(100 * rate).toFixed(0)} %`);
  log(`      nearer to a stranger by ${near.toFixed(2)} with changes of length 0.25, by ${far.toFixed(2)} of length 1`);
  log(`      share of its gradient that a blur leaves: ${smooth.toFixed(2)}`);
}
