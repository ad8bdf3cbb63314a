import { batchNormNode, convNode, OnnxGraph } from '@visage/nn';
import { type DiscriminatorConfig, patchLevels } from '../../networks/patchDiscriminator.ts';
import { unitImage } from './colors.ts';

/**
 * One scale of the PatchGAN discriminator as a graph: input `image` in the colour space of its training, output
 * `logits`.
 */
export function patchGraph({ width, layers }: Pick<DiscriminatorConfig, 'width' | 'layers'>): OnnxGraph {
  const graph = new OnnxGraph('patch-discriminator');
  const image = graph.input('image', unitImage);
  const { first, deepest, halvings } = patchLevels({ width, layers });
  const leaky = (value: string) => graph.node('LeakyRelu', [value], { alpha: { float: 0.2 } });
  const block = (value: string, name: string, from: number, to: number, stride: number) => {
    const y = convNode(graph, value, `${name}.0`, [from, to, 4], { stride, padding: 1 });
    return leaky(batchNormNode(graph, y, `${name}.1`, to));
  };
  let x = leaky(convNode(graph, image, 'down1.0', [3, first, 4], { stride: 2, padding: 1 }));
  for (const [k, [from, to]] of halvings.entries()) x = block(x, `down${k + 2}`, from, to, 2);
  x = block(x, 'conv1', deepest, deepest, 1);
  const logits = convNode(graph, x, 'conv2.0', [deepest, 1, 4], { padding: 1 });
  graph.output('logits', logits, ['batch', 1, 'rows', 'columns']);
  return graph;
}
