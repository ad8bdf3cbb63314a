import { BatchNorm1d, BatchNorm2d, Conv2d, Layer, Linear, PReLU, Sequential } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import { checkInputSize, type IdentityConfig, IdentityNetwork } from './identity.ts';
import { stageChannels } from './widths.ts';

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
  readonly body: readonly Layer[];
  readonly shortcut: Sequential | undefined;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.body = [
      this.child('bn1', new BatchNorm2d(inChannels)),
      this.child('conv1', new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false })),
      this.child('bn2', new BatchNorm2d(outChannels)),
      this.child('prelu', new PReLU(outChannels)),
      this.child('conv2', new Conv2d(outChannels, outChannels, 3, { stride, padding: 1, bias: false })),
      this.child('bn3', new BatchNorm2d(outChannels)),
    ];
    if (stride !== 1 || inChannels !== outChannels) {
      const project = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
      this.shortcut = this.child('downsample', new Sequential(project, new BatchNorm2d(outChannels)));
    }
  }

  forward(x: Tensor): Tensor {
    const y = this.body.reduce((value, layer) => layer.forward(value), x);
    return y.add(this.shortcut ? this.shortcut.forward(x) : x);
  }
}

/**
 * IResNet, the identity network of InsightFace's arcface_torch: every stage halves, one PReLU slope per channel.
 *
 * Takes faces in [−1, 1]. State under the published names: `conv1`, `bn1`, `prelu`, `layer1.0.bn1`, …, `bn2`, `fc`, `features`.
 */
export class IResNet extends IdentityNetwork {
  readonly config: IdentityConfig;
  readonly colorSpace = 'signed';
  readonly body: readonly Layer[];
  readonly toEmbedding: Linear;
  readonly embeddingNorm: BatchNorm1d;

  constructor(config: IdentityConfig = publishedIResNet(50)) {
    super();
    this.config = config;
    const channels = stageChannels(config.width, 16);
    const side = channels.reduce((n) => Math.ceil(n / 2), config.inputSize);
    checkInputSize('IResNet', config.inputSize, side);
    const stage = (k: number) => {
      const [inChannels, outChannels] = [channels[Math.max(0, k - 1)]!, channels[k]!];
      const block = (_: unknown, at: number) =>
        at === 0 ? new IBasicBlock(inChannels, outChannels, 2) : new IBasicBlock(outChannels, outChannels, 1);
      return new Sequential(...Array.from({ length: config.layers[k]! }, block));
    };
    this.body = [
      this.child('conv1', new Conv2d(3, channels[0], 3, { padding: 1, bias: false })),
      this.child('bn1', new BatchNorm2d(channels[0])),
      this.child('prelu', new PReLU(channels[0])),
      ...channels.map((_, k) => this.child(`layer${k + 1}`, stage(k))),
      this.child('bn2', new BatchNorm2d(channels[3])),
    ];
    const flattened = [channels[3], side, side] as const;
    this.toEmbedding = this.child('fc', new Linear(channels[3] * side * side, config.embedding, { flattened }));
    this.embeddingNorm = this.child('features', new BatchNorm1d(config.embedding));
    this.embeddingNorm.weight.requiresGrad = false; // fixed at 1: the embedding's length carries nothing
  }

  forward(x: Tensor): Tensor {
    const map = this.body.reduce((value, layer) => layer.forward(value), x);
    return this.embeddingNorm.forward(this.toEmbedding.forward(map.reshape([x.dim(0), -1])));
  }
}
