import type { Pipeline } from '@visage/simswap';
import type { TemplateName } from '../align/templates.ts';

/**
 * The alignment that the generators of a published pipeline were trained with: SimSwap's five poses at 224 pixels,
 * FFHQ's at 512.
 */
export const pipelineTemplate = ({ alignment }: Pipeline): TemplateName => (alignment === 'ffhq' ? 'ffhq' : 'simswap');
