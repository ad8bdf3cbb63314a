import { affineOf, BatchNorm1d, BatchNorm2d, Conv2d, Layer, Linear, PReLU, Sequential } from '@visage/nn';
import { maxPool2d, mean, sigmoid, type Tensor } from '@visage/tensor';
import type { SqueezeGate } from '@visage/tensor/kernels';
import { affineParameters } from './blocks.ts';
import { FoldedConv } from './folded.ts';
import { FoldedBlock, type FoldedIdentity, foldIdentity } from './foldedIdentity.ts';
import {
  type BehindStage,
  checkIdentityConfig,
  checkInputSize,
  type IdentityConfig,
  IdentityNetwork,
  type IdentityStage,
  identityEnds,
  identityStages,
  sideBehind,
  unchanged,
} from './identity.ts';

/** The identity network that SimSwap was trained with: 101 layers, squeeze and excitation. */
export const publishedArcFace: IdentityConfig = {
  kind: 'arcface',
  layers: [3, 4, 23, 3],
  width: 1,
  embedding: 512,
  inputSize: 112,
  squeeze: true,
};

const REDUCTION = 16;

const convolution = (inChannels: number, outChannels: number, kernel: number, stride: number): Conv2d =>
  new Conv2d(inChannels, outChannels, kernel, { stride, padding: kernel === 3 ? 1 : 0, bias: false });

/**
 * Squeeze and excitation: scales each channel by a gate in (0, 1) computed from the means of all channels. Hu et al.
 * 2018.
 */
class SqueezeExcitation extends Layer {
  readonly gate: Sequential;
  /** The parameters of {@link SqueezeExcitation.gate}. */
  readonly parts: SqueezeGate;

  constructor(channels: number) {
    super();
    const hidden = Math.floor(channels / REDUCTION);
    const [first, activation, second] = [new Linear(channels, hidden), new PReLU(), new Linear(hidden, channels)];
    this.gate = this.child('fc', new Sequential(first, activation, second, sigmoid));
    const { weight: w1, bias: b1 } = affineParameters(first);
    const { weight: w2, bias: b2 } = affineParameters(second);
    this.parts = { w1, b1, slope: activation.weight, w2, b2 };
  }

  forward(x: Tensor): Tensor {
    const gates = this.gate.forward(mean(x, [1, 2]));
    return x.mul(gates.reshape([x.dim(0), 1, 1, x.dim(3)]));
  }
}

/**
 * Residual block of the published identity network: BN, conv, BN, PReLU, strided conv, BN, gate, plus shortcut, then
 * the same PReLU again.
 */
class IrBlock extends Layer {
  readonly normIn: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm2d;
  readonly activation: PReLU;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly shortcut: Sequential | undefined;
  readonly project: { readonly conv: Conv2d; readonly norm: BatchNorm2d } | undefined;
  readonly squeeze: SqueezeExcitation | undefined;

  constructor(inChannels: number, outChannels: number, stride: number, squeeze: boolean) {
    super();
    this.normIn = this.child('bn0', new BatchNorm2d(inChannels));
    this.conv1 = this.child('conv1', convolution(inChannels, inChannels, 3, 1));
    this.norm1 = this.child('bn1', new BatchNorm2d(inChannels));
    this.activation = this.child('prelu', new PReLU());
    this.conv2 = this.child('conv2', convolution(inChannels, outChannels, 3, stride));
    this.norm2 = this.child('bn2', new BatchNorm2d(outChannels));
    if (stride !== 1 || inChannels !== outChannels) {
      this.project = { conv: convolution(inChannels, outChannels, 1, stride), norm: new BatchNorm2d(outChannels) };
      this.shortcut = this.child('downsample', new Sequential(this.project.conv, this.project.norm));
    }
    if (squeeze) this.squeeze = this.child('se', new SqueezeExcitation(outChannels));
  }

  forward(x: Tensor): Tensor {
    const hidden = this.activation.forward(this.norm1.forward(this.conv1.forward(this.normIn.forward(x))));
    const out = this.norm2.forward(this.conv2.forward(hidden));
    const gated = this.squeeze ? this.squeeze.forward(out) : out;
    return this.activation.forward(gated.add(this.shortcut ? this.shortcut.forward(x) : x));
  }

  /** The block with its norms folded, for maps of `size` × `size`. */
  folded(size: number): FoldedBlock {
    const { normIn, norm1, norm2, project, squeeze } = this;
    const slope = this.activation.weight;
    return new FoldedBlock(
      new FoldedConv(this.conv1, size, { before: () => affineOf(normIn), after: () => affineOf(norm1) }),
      slope,
      new FoldedConv(this.conv2, size, { after: () => affineOf(norm2) }),
      project && new FoldedConv(project.conv, size, { after: () => affineOf(project.norm) }),
      { gate: squeeze?.parts, lastSlope: slope },
    );
  }
}

/** The residual blocks of a stage, the first of which changes channels and size. */
const stageBlocks = ({ blocks, from, to, stride }: IdentityStage, squeeze: boolean): IrBlock[] =>
  Array.from({ length: blocks }, (_, k) =>
    k === 0 ? new IrBlock(from, to, stride, squeeze) : new IrBlock(to, to, 1, squeeze),
  );

/** Side of the map behind the stem: a 3×3 convolution without padding, then pooling by 2. With 112: 110, then 55. */
export const arcFaceStemSide = (inputSize: number): number => Math.floor((inputSize - 2) / 2);

/**
 * The identity network of the published checkpoint (SE-LResNet101E-IR at its default size), trained with ArcFace.
 *
 * Takes ImageNet-normalised faces. State under the published names: `conv1`, `bn1`, `prelu`, `layer1.0.bn0`, …, `bn2`,
 * `fc`, `bn3`.
 */
export class ArcFace extends IdentityNetwork {
  readonly config: IdentityConfig;
  readonly colorSpace = 'imagenet';
  readonly stem: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly stemActivation: PReLU;
  readonly blocks: readonly (readonly IrBlock[])[];
  readonly stages: readonly Sequential[];
  readonly lastNorm: BatchNorm2d;
  readonly toEmbedding: Linear;
  readonly embeddingNorm: BatchNorm1d;

  constructor(config: IdentityConfig = publishedArcFace) {
    super();
    checkIdentityConfig('ArcFace', 'arcface', config);
    this.config = config;
    const stages = identityStages(config);
    const channels = identityEnds(config);
    const side = sideBehind(stages, arcFaceStemSide(config.inputSize)); // 112 → 55 → 55 → 28 → 14 → 7
    checkInputSize('ArcFace', config.inputSize, side);
    this.stem = this.child('conv1', new Conv2d(3, channels.stem, 3, { bias: false }));
    this.stemNorm = this.child('bn1', new BatchNorm2d(channels.stem));
    this.stemActivation = this.child('prelu', new PReLU());
    this.blocks = stages.map((stage) => stageBlocks(stage, config.squeeze));
    this.stages = this.blocks.map((blocks, k) => this.child(`layer${k + 1}`, new Sequential(...blocks)));
    this.lastNorm = this.child('bn2', new BatchNorm2d(channels.last));
    const flattened = [channels.last, side, side] as const;
    this.toEmbedding = this.child('fc', new Linear(channels.last * side * side, config.embedding, { flattened }));
    this.embeddingNorm = this.child('bn3', new BatchNorm1d(config.embedding));
  }

  forward(x: Tensor, behindStage: BehindStage = unchanged): Tensor {
    const stem = this.stemActivation.forward(this.stemNorm.forward(this.stem.forward(x)));
    let map = maxPool2d(stem, { kernel: 2 });
    for (const [k, layers] of this.stages.entries()) map = behindStage(layers.forward(map), k);
    const flat = this.lastNorm.forward(map).reshape([x.dim(0), -1]);
    return this.embeddingNorm.forward(this.toEmbedding.forward(flat));
  }

  folded(): FoldedIdentity {
    return foldIdentity(this, arcFaceStemSide(this.config.inputSize), true);
  }
}
