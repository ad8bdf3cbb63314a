import { affineOf, BatchNorm1d, BatchNorm2d, Conv2d, Layer, Linear, PReLU, Sequential } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import { FoldedConv } from './folded.ts';
import { FoldedBlock, type FoldedIdentity, foldIdentity } from './foldedIdentity.ts';
import {
  type BehindStage,
  checkIdentityConfig,
  checkInputSize,
  type IdentityConfig,
  IdentityNetwork,
  identityEnds,
  identityStages,
  sideBehind,
  unchanged,
} from './identity.ts';

const DEPTHS = { 18: [2, 2, 2, 2], 50: [3, 4, 14, 3], 100: [3, 13, 30, 3] } as const;

/** The published IResNet of 18, 50 or 100 layers. */
export const publishedIResNet = (depth: keyof typeof DEPTHS): IdentityConfig => ({
  kind: 'iresnet',
  layers: DEPTHS[depth],
  width: 1,
  embedding: 512,
  inputSize: 112,
  squeeze: false,
});

/** Residual block: BN, conv, BN, PReLU, strided conv, BN, plus shortcut; nothing after the sum. */
class IBasicBlock extends Layer {
  readonly norm1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly activation: PReLU;
  readonly conv2: Conv2d;
  readonly norm3: BatchNorm2d;
  readonly shortcut: Sequential | undefined;
  readonly project: { readonly conv: Conv2d; readonly norm: BatchNorm2d } | undefined;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.norm1 = this.child('bn1', new BatchNorm2d(inChannels));
    this.conv1 = this.child('conv1', new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }));
    this.norm2 = this.child('bn2', new BatchNorm2d(outChannels));
    this.activation = this.child('prelu', new PReLU(outChannels));
    this.conv2 = this.child('conv2', new Conv2d(outChannels, outChannels, 3, { stride, padding: 1, bias: false }));
    this.norm3 = this.child('bn3', new BatchNorm2d(outChannels));
    if (stride !== 1 || inChannels !== outChannels) {
      const conv = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
      this.project = { conv, norm: new BatchNorm2d(outChannels) };
      this.shortcut = this.child('downsample', new Sequential(conv, this.project.norm));
    }
  }

  forward(x: Tensor): Tensor {
    const hidden = this.activation.forward(this.norm2.forward(this.conv1.forward(this.norm1.forward(x))));
    const y = this.norm3.forward(this.conv2.forward(hidden));
    return y.add(this.shortcut ? this.shortcut.forward(x) : x);
  }

  /** The block with its norms folded, for maps of `size` × `size`. */
  folded(size: number): FoldedBlock {
    const { norm1, norm2, norm3, project } = this;
    return new FoldedBlock(
      new FoldedConv(this.conv1, size, { before: () => affineOf(norm1), after: () => affineOf(norm2) }),
      this.activation.weight,
      new FoldedConv(this.conv2, size, { after: () => affineOf(norm3) }),
      project && new FoldedConv(project.conv, size, { after: () => affineOf(project.norm) }),
    );
  }
}

/**
 * IResNet, the identity network of InsightFace's arcface_torch: every stage halves, one PReLU slope per channel.
 *
 * Takes faces in [−1, 1]. State under the published names: `conv1`, `bn1`, `prelu`, `layer1.0.bn1`, …, `bn2`, `fc`,
 * `features`.
 */
export class IResNet extends IdentityNetwork {
  readonly config: IdentityConfig;
  readonly colorSpace = 'signed';
  readonly stem: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly stemActivation: PReLU;
  readonly blocks: readonly (readonly IBasicBlock[])[];
  readonly stages: readonly Sequential[];
  readonly lastNorm: BatchNorm2d;
  readonly toEmbedding: Linear;
  readonly embeddingNorm: BatchNorm1d;

  constructor(config: IdentityConfig = publishedIResNet(50)) {
    super();
    checkIdentityConfig('IResNet', 'iresnet', config);
    this.config = config;
    const stages = identityStages(config);
    const channels = identityEnds(config);
    const side = sideBehind(stages, config.inputSize);
    checkInputSize('IResNet', config.inputSize, side);
    this.stem = this.child('conv1', new Conv2d(3, channels.stem, 3, { padding: 1, bias: false }));
    this.stemNorm = this.child('bn1', new BatchNorm2d(channels.stem));
    this.stemActivation = this.child('prelu', new PReLU(channels.stem));
    this.blocks = stages.map(({ blocks, from, to, stride }) =>
      Array.from({ length: blocks }, (_, k) =>
        k === 0 ? new IBasicBlock(from, to, stride) : new IBasicBlock(to, to, 1),
      ),
    );
    this.stages = this.blocks.map((blocks, k) => this.child(`layer${k + 1}`, new Sequential(...blocks)));
    this.lastNorm = this.child('bn2', new BatchNorm2d(channels.last));
    const flattened = [channels.last, side, side] as const;
    this.toEmbedding = this.child('fc', new Linear(channels.last * side * side, config.embedding, { flattened }));
    this.embeddingNorm = this.child('features', new BatchNorm1d(config.embedding));
    this.embeddingNorm.weight.requiresGrad = false; // fixed at 1: the embedding's length carries nothing
  }

  forward(x: Tensor, behindStage: BehindStage = unchanged): Tensor {
    let map = this.stemActivation.forward(this.stemNorm.forward(this.stem.forward(x)));
    for (const [k, layers] of this.stages.entries()) map = behindStage(layers.forward(map), k);
    const flat = this.lastNorm.forward(map).reshape([x.dim(0), -1]);
    return this.embeddingNorm.forward(this.toEmbedding.forward(flat));
  }

  folded(): FoldedIdentity {
    return foldIdentity(this, this.config.inputSize, false);
  }
}
