/**
 * @file The cases of the projected discriminator and its feature network. Each case runs one batch in evaluation mode
 * and then in training mode.
 */
import type { Module } from '@visage/nn';
import {
  type Augmentation,
  diffAugment,
  EfficientNetClassifier,
  ProjectedDiscriminator,
  publishedProjected,
} from '@visage/simswap';
import { noGrad, resize, type Tensor } from '@visage/tensor';
import type { Named, OpEntry } from './opCase.ts';

/** The arguments of these cases; each network reads only its own. */
interface ProjectedArgs {
  readonly width: number;
  readonly featureWidth: number;
  readonly inputSize: number;
  readonly classes: number;
  /** Side to which the stored images are resized. */
  readonly side: number;
}

interface BuiltNetwork {
  readonly module: Module;
  readonly forward: (inputs: Named) => Named;
}

/** For each network name in golden files, the function that builds the network and its forward pass. */
export const PROJECTED_NETWORKS: Readonly<Record<string, (args: ProjectedArgs) => BuiltNetwork>> = {
  efficientNetLite0: ({ width, classes, side }) => {
    const module = new EfficientNetClassifier({ width, classes });
    const forward = ({ x }: Named): Named => {
      const images = resize(x as Tensor, [side, side]);
      const evaluated = noGrad(() => {
        module.eval();
        const maps = module.features(images).features.map((map, k) => [`eval_f${k}`, map] as const);
        return { ...Object.fromEntries(maps), eval_logits: module.forward(images) };
      });
      module.train();
      const [stem_mean, head_var] = [module.stemNorm.runningMean, module.headNorm.runningVar];
      return { ...evaluated, train_logits: module.forward(images), stem_mean, head_var };
    };
    return { module, forward };
  },
  projectedDiscriminator: ({ width, featureWidth, inputSize }) => {
    const module = new ProjectedDiscriminator({ ...publishedProjected, width, featureWidth, inputSize });
    const judge = (x: Tensor) => {
      const [{ features, logits }] = module.forward(x);
      return { logits, f2: features[2] as Tensor, f3: features[3] as Tensor };
    };
    const forward = ({ x }: Named): Named => {
      module.eval();
      const evaluated = noGrad(() => judge(x as Tensor));
      module.train();
      const { logits, f2, f3 } = judge(x as Tensor);
      const state = module.stateDict();
      const vector = (head: number) => state.get(`discriminator.mini_discs.${head}.main.0.main.0.weight_u`) as Tensor;
      return {
        eval_logits: evaluated.logits,
        eval_f3: evaluated.f3,
        train_logits: logits,
        train_f2: f2,
        train_f3: f3,
        ...Object.fromEntries([0, 1, 2, 3].map((head) => [`u${head}`, vector(head)])),
      };
    };
    return { module, forward };
  },
};

/** DiffAugment with the random numbers that the case stores. */
export const DIFF_AUGMENT: OpEntry = {
  call: ({ x, draws }, { kinds }) => diffAugment(x as Tensor, kinds as readonly Augmentation[], draws as Tensor),
  roles: { draws: 'plain' },
};
