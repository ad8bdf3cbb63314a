import { ArgumentError } from '@visage/gpu';
import { type CheckpointGroups, type Module, seeded } from '@visage/nn';
import { crossEntropy, gatherRows, keep, noGrad, RandomState, scope, type Tensor, tensor } from '@visage/tensor';
import { inPrecision, type Precision } from '../core/precision.ts';
import type { BehindStage, IdentityNetwork } from '../networks/identity.ts';
import { arcFaceMargin, type MarginConfig, MarginHead } from '../networks/marginHeads.ts';
import { buildIdentityNetwork } from '../networks/read.ts';
import type { LabelledPeople, LabelledPictures } from '../training/labelledData.ts';
import { disguised, softened } from './attack.ts';
import { changeFaces } from './changeFaces.ts';
import type { FaceChanges } from './faceChanges.ts';
import { likenessLoss, type PeopleShapes } from './likeness.ts';
import { mixStyle } from './mixStyle.ts';
import type { MarginStage } from './stage.ts';
import type { ReaderTask } from './task.ts';

/** Added to the seed for the weights of the class centres, and for the random numbers of attacks. */
const [HEAD_STREAM, ATTACK_STREAM] = [1, 7 * 2 ** 32];

/** Photos of each person, on average, that make the first class centres of a trained network. */
const PHOTOS_PER_CENTRE = 3;

/** Stages of the network, from the first, behind which styles are mixed: later maps hold the person. */
const MIXED_STAGES = 2;

/**
 * Learns whose a face is: ArcFace's classifier over the people of the training, whose class centres are thrown away
 * behind it (Deng et al. 2019). Where a stage says so, under attack, with mixed styles, and with the likeness loss.
 */
export class IdentityTask implements ReaderTask<MarginStage> {
  readonly margins = true;
  readonly network: IdentityNetwork;
  readonly head: MarginHead;
  readonly modules: Readonly<Record<string, Module>>;
  readonly #random: RandomState;
  /** Of the attack of the step. */
  readonly #radius: Tensor;
  /** [people, size]. */
  readonly #shapes: Tensor | undefined;

  /**
   * @param people classes.
   * @param seed decides the class centres and the random numbers of attacks.
   * @param margin of which kind the margins of the stages are.
   * @param shapes of the people, for stages with `likeness`.
   * @throws ArgumentError for shapes of another number of people.
   */
  constructor(
    network: IdentityNetwork,
    people: number,
    seed: number,
    margin: MarginConfig['kind'] = 'angle',
    shapes?: PeopleShapes,
  ) {
    this.network = network;
    const config = { ...arcFaceMargin, kind: margin };
    this.head = seeded(seed + HEAD_STREAM, () => new MarginHead(people, network.config.embedding, config));
    this.modules = { network, head: this.head };
    this.#random = new RandomState(seed + ATTACK_STREAM, network.gpu);
    this.#radius = keep(tensor([0], [1], { gpu: network.gpu }));
    this.#shapes = shapes && keep(shapesOf(shapes, people, network));
  }

  twin(): IdentityNetwork {
    return buildIdentityNetwork(this.network.config);
  }

  prepare({ attack, attackGrowth, steps }: MarginStage, step: number): void {
    const grown = attackGrowth === 0 ? 1 : Math.min(1, step / (attackGrowth * steps));
    if (attack > 0) this.#radius.write(Float32Array.of(attack * grown));
  }

  changed({ images, labels }: LabelledPictures, changes: FaceChanges, rows: Tensor): LabelledPictures {
    return { images: changeFaces(images, changes, rows), labels };
  }

  loss({ images, labels }: LabelledPictures, stage: MarginStage, precision: Precision): Tensor {
    const { margin, scale, attack, blurs, likeness = 0, mixStyle: probability = 0 } = stage;
    const seen = softened(images, blurs, this.#random);
    const faces = attack > 0 ? disguised(this.network, seen, this.#radius, this.#random, precision) : seen;
    const mixing: BehindStage = (map, k) => (k < MIXED_STAGES ? mixStyle(map, probability, this.#random) : map);
    const behindStage = probability > 0 ? mixing : undefined;
    const embeddings = inPrecision(precision, () => this.network.embed(faces, 'bicubic', behindStage));
    const logits = this.head.forward(embeddings, labels, { kind: this.head.config.kind, margin, scale });
    const told = crossEntropy(logits, labels);
    if (likeness === 0) return told;
    return told.add(likenessLoss(embeddings, this.#shapesOf(labels), labels).mul(likeness));
  }

  #shapesOf(labels: Tensor): Tensor {
    if (this.#shapes) return gatherRows(this.#shapes, labels);
    throw new ArgumentError(
      'IdentityTask',
      'shapes',
      'none',
      'the shapes of the people, because a stage has `likeness`',
      'Give them, or set `likeness` to 0',
    );
  }

  /**
   * Puts the class centre of each person where the network sees that person now: on the mean of some photos. For a
   * network that knows people already; random centres would make it forget them.
   *
   * @param data of the same people; a person whom it does not show keeps a random centre.
   */
  async centre(data: LabelledPeople): Promise<void> {
    const { embedding } = this.network.config;
    const people = this.head.classes;
    const centres = await this.head.weight.floats();
    const seen = new Set<number>();
    this.network.eval();
    const batches = Math.ceil((PHOTOS_PER_CENTRE * people) / data.batchSize);
    for (let step = 0; step < batches; step++) {
      await data.load(step);
      const { vectors, labels } = scope(() =>
        noGrad(() => {
          const { images, labels } = data.batch();
          return { vectors: this.network.latent(images), labels };
        }),
      );
      const [values, classes] = [await vectors.floats(), await labels.data()];
      vectors.dispose();
      for (const [row, person] of classes.entries()) {
        for (let k = 0; k < embedding; k++) {
          const at = k * people + person;
          const before = seen.has(person) ? (centres[at] as number) : 0;
          centres[at] = before + (values[row * embedding + k] as number);
        }
        seen.add(person);
      }
    }
    this.head.weight.write(centres);
    this.network.train();
  }

  state(): CheckpointGroups {
    return { attack: new Map([['random', this.#random.state]]) };
  }

  dispose(): void {
    this.#random.dispose();
    this.#radius.dispose();
    this.#shapes?.dispose();
  }
}

function shapesOf({ values, size }: PeopleShapes, people: number, { gpu }: IdentityNetwork): Tensor {
  if (values.length === people * size) return tensor(values, [people, size], { gpu });
  const got = `${values.length} values`;
  throw new ArgumentError('IdentityTask', 'shapes', got, `${people * size}, ${size} of each of ${people} people`);
}
