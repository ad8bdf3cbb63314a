/** @file PyTorch's weights of a published network as one of our weight files. */
import { FileError, type NetworkDescription, type OnnxGraph, type WeightFile, writeSafetensors } from '@visage/nn';
import type { ImportKind } from './kinds.ts';
import { entriesBelow, findPrefix, type Match, matchEntries, problemCount } from './match.ts';
import { networkGraph } from './networks.ts';

/** A network of a file, and how the file's entries match it. */
export interface ImportedNetwork {
  readonly kind: ImportKind;
  readonly network: NetworkDescription;
  readonly match: Match;
}

/**
 * Finds a published network in a file. Its sizes are read off the file: narrow or shallow ones import as well as the
 * published one.
 *
 * Check {@link importProblem} before {@link importedFile}: what is missing or misshapen is in the match, not thrown.
 *
 * @param prefix what stands in front of the names in the file; by default the one under which most names match.
 * @throws FileError when several networks in the file fit.
 */
export function importNetwork(file: WeightFile, kind: ImportKind, prefix?: string): ImportedNetwork {
  const published = kind.describe(new Map());
  const below = prefix ?? findPrefix(file, graphOf(published).parameters.keys());
  const described = kind.describe(entriesBelow(file, below));
  const tried = [described, published].map((network) => {
    const match = matchEntries(file, below, graphOf(network), kind.beyond);
    return { kind, network, match };
  }) as [ImportedNetwork, ImportedNetwork];
  // A file whose telling entries are damaged is compared with the published sizes.
  return problemCount(tried[1].match) < problemCount(tried[0].match) ? tried[1] : tried[0];
}

const graphOf = (network: NetworkDescription): OnnxGraph => networkGraph(network) as OnnxGraph;

const LISTED = 4;

/** Why an import cannot be used, in one line; `undefined` if it can. */
export function importProblem({ kind, match }: ImportedNetwork): string | undefined {
  if (problemCount(match) === 0) return undefined;
  const list = (what: string, names: readonly string[]) => {
    const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
    return names.length > 0 ? [`${what} ${names.slice(0, LISTED).join(', ')}${more}`] : [];
  };
  const problems = [
    ...list('missing', match.missing),
    ...list('misshapen', match.misshapen),
    ...list('without a place', match.unexpected),
  ];
  return `is no ${kind.name}: ${problems.join('; ')}`;
}

/**
 * The bytes of our weight file: the same names, shapes and values, half precision as half, with the network's
 * description and its pipeline.
 *
 * @throws FileError with {@link importProblem}, or that names a value which is not finite or a variance below zero.
 */
export function importedFile(imported: ImportedNetwork, source: string): Uint8Array {
  const problem = importProblem(imported);
  if (problem) throw new FileError(source, problem);
  const { kind, network, match } = imported;
  const tensors = new Map(
    [...match.mapped].map(([name, tensor]) => [name, { shape: tensor.shape, values: tensor.weights() }]),
  );
  return writeSafetensors(tensors, {
    architecture: network.architecture,
    config: JSON.stringify(network.config),
    imported: kind.name,
    ...(kind.pipeline && { pipeline: kind.pipeline.name }),
  });
}
