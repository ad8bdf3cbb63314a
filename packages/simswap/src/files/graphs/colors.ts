/** @file Colour spaces in graphs: exported files take and give RGB in [0, 1], and convert inside. */
import { channelAffineNode, type Extent, type GraphValue, type OnnxGraph } from '@visage/nn';
import { affineToUnit, type ColorSpace, colorStatistics } from '../../networks/colorSpace.ts';

/** An image batch of any size. */
export const unitImage: readonly Extent[] = ['batch', 3, 'height', 'width'];

/** Images in [0, 1] → the given space. */
export function fromUnitNode(graph: OnnxGraph, x: GraphValue, space: ColorSpace): GraphValue {
  if (space === 'unit') return x;
  const channels = colorStatistics[space];
  return channelAffineNode(
    graph,
    x,
    channels.map(({ std }) => 1 / std),
    channels.map(({ mean, std }) => -mean / std),
  );
}

/** Images in the given space → [0, 1]. */
export function toUnitNode(graph: OnnxGraph, x: GraphValue, space: ColorSpace): GraphValue {
  if (space === 'unit') return x;
  const { scale, shift } = affineToUnit(space);
  return channelAffineNode(graph, x, scale, shift);
}
