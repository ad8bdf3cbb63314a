/** @file The trainings of chapter 7: two tiny identity networks from the same weights on the same faces. */
import type { Level } from '@visage/faces';
import { Adam, seeded } from '@visage/nn';
import { disguised, type IdentityNetwork, IResNet, MarginHead, ProceduralLabels } from '@visage/simswap';
import {
  cosineSimilarity,
  crossEntropy,
  grad,
  keep,
  noGrad,
  RandomState,
  record,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';

export const [PEOPLE, STEPS] = [40, 80];
/** People who look ahead in even light: a short training sees through no more. */
export const LEVEL: Level = 'L0';
const [SIZE, BATCH] = [32, 16];

export interface Trained {
  readonly network: IdentityNetwork;
  /** Mean of the last ten steps. */
  readonly loss: number;
}

/** Trains an identity network with ArcFace's margin; `attacked` shows it every batch disguised as other people. */
export async function train(attacked: boolean): Promise<Trained> {
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
    radius.write(Float32Array.of(Math.min(1, k / (0.5 * STEPS)))); // a hard attack from the start teaches nothing
    step.run();
    if (k >= STEPS - 10) last += (await step.result.item()) / 10;
  }
  network.freeze().eval();
  return { network, loss: last };
}

/** The gradient, with respect to the faces, of the cosines between them and the strangers in the same rows. */
export function slopesTowards(network: IdentityNetwork, faces: Tensor, strangers: Tensor): Tensor {
  const x = faces.detach();
  x.requiresGrad = true;
  const wanted = noGrad(() => network.embed(strangers));
  return grad(sum(cosineSimilarity(network.embed(x), wanted)), [x])[0] as Tensor;
}
